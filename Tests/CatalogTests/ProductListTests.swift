import Postgres
import Testing
import Validation

@testable import Catalog

@Suite struct ProductListTests {
    @Test func everyValueIsBound() throws {
        let filter = try ProductFilter(
            category: "x' OR 1=1",
            brand: "b",
            tags: ["sale"],
            attributes: ["size": ["M'", "L"], "colour": ["Red"]],
            minimumPrice: 5,
            maximumPrice: 9,
            inStock: true
        )
        let list = ProductList(filter: filter, request: try PageRequest(number: 3, size: 10), words: "mug")
        let bound: [String?] = [
            "x' OR 1=1", "b", #"{"sale"}"#, #"{"colour:Red"}"#, #"{"size:L","size:M'"}"#, "colour", #"{"Red"}"#, "size",
            #"{"L","M'"}"#, "5", "9", "mug", "t",
        ]
        #expect(!list.page.sql.contains("OR 1=1"))
        #expect(list.page.bindings == bound + ["10", "20"])
        #expect(!list.count.sql.contains("OR 1=1"))
        #expect(list.count.bindings == Array(bound.dropFirst()) + [bound[0]])
    }

    @Test func pagesAreBounded() throws {
        #expect(throws: ValidationError.self) { try PageRequest(number: 0) }
        #expect(throws: ValidationError.self) { try PageRequest(size: 101) }
        #expect(throws: ValidationError.self) { try PageRequest(number: .max) }
        #expect(throws: ValidationError.self) { try ProductFilter(minimumPrice: 9, maximumPrice: 5) }
    }
}
