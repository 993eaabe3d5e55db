import Catalog
import Foundation
import Testing
import Validation

@testable import Search

@Suite struct SearchQueryTests {
    private func body(_ text: String = "mug", _ filter: ProductFilter? = nil, page: Int = 1) throws -> JSON {
        try SearchQuery(
            text: text,
            filter: try filter ?? ProductFilter(),
            request: try PageRequest(number: page, size: 20)
        ).body
    }

    private func member(_ json: JSON, _ path: String...) -> JSON? {
        path.reduce(json as JSON?) { json, key in
            guard case .object(let members)? = json else { return nil }
            return members[key]
        }
    }

    @Test func pagesFromTheOffset() throws {
        let body = try body(page: 3)
        #expect(member(body, "from") == 40)
        #expect(member(body, "size") == 20)
    }

    @Test func noWordsFindEverything() throws {
        #expect(member(try body("  "), "query") == ["match_all": [:]])
    }

    @Test func aFacetCountsWithoutItsOwnFilter() throws {
        let filter = try ProductFilter(category: "garden", brand: "elm", minimumPrice: 5)
        let body = try body("mug", filter)
        let category: JSON = ["term": ["categories": "garden"]]
        let brand: JSON = ["term": ["brand": "elm"]]
        let price: JSON = ["range": ["price_amount": ["gte": 5]]]
        #expect(member(body, "post_filter", "bool", "filter") == [category, brand, price])
        #expect(member(body, "aggs", "category", "filter", "bool", "filter") == [brand, price])
        #expect(member(body, "aggs", "brand", "filter", "bool", "filter") == [category, price])
        #expect(member(body, "aggs", "price", "filter", "bool", "filter") == [category, brand])
    }

    @Test func aChosenAttributeStillShowsItsOtherValues() throws {
        let filter = try ProductFilter(tags: ["sale"], attributes: ["size": ["M", "L"], "colour": ["Red"]])
        let body = try body("mug", filter)
        let tags: JSON = ["bool": ["filter": [["term": ["tags": "sale"]]]]]
        let colour: JSON = ["terms": ["attributes": ["colour:Red"]]]
        let size: JSON = ["terms": ["attributes": ["size:L", "size:M"]]]
        #expect(member(body, "post_filter", "bool", "filter") == [tags, colour, size])
        #expect(member(body, "aggs", "attributes", "filter", "bool", "filter") == [tags, colour, size])
        #expect(member(body, "aggs", "attribute_0", "filter", "bool", "filter") == [tags, size])
        #expect(member(body, "aggs", "attribute_1", "filter", "bool", "filter") == [tags, colour])
        #expect(member(body, "aggs", "tags", "filter", "bool", "filter") == [colour, size])
    }

    @Test func refusesWhatTheEngineWould() throws {
        #expect(throws: ValidationError.self) { try body(String(repeating: "a", count: 201)) }
        #expect(throws: ValidationError.self) { try body("a\u{0}b") }
        #expect(throws: ValidationError.self) { try body(page: 501) }
        _ = try body(page: 500)
    }

    @Test func readsTheAnswer() throws {
        let answer = """
            {"hits":{"total":{"value":1},"hits":[{"_source":{"id":"7","slug":"mug","name":"Mug","description":"",
            "category":"tableware","category_name":"Tableware","skus":["M-1"],"price_amount":500,"currency":"EUR",
            "primary_image_url":"https://example.org/m.jpg","in_stock":true,"created_at":"1970-01-01T00:00:00Z"},
            "highlight":{"name":["<em>Mug</em>"]}}]},
            "aggregations":{"category":{"values":{"buckets":[{"key":"tableware","doc_count":1}]}},
            "brand":{"values":{"buckets":[]}},"tags":{"values":{"buckets":[{"key":"sale","doc_count":1}]}},
            "attributes":{"values":{"buckets":[{"key":"size:M","doc_count":1},{"key":"colour:Red","doc_count":1}]}},
            "attribute_0":{"values":{"buckets":[{"key":"size:M","doc_count":1},{"key":"size:L","doc_count":4}]}},
            "in_stock":{"values":{"buckets":[{"key":1,"key_as_string":"true","doc_count":1}]}},
            "price":{"values":{"min":500.0,"max":500.0}}}}
            """
        let result = try SearchAnswer.decode(Data(answer.utf8)).result(try PageRequest(), filteredAttributes: ["size"])
        #expect(result.count == 1)
        #expect(result.facets?.tags == [.init(value: "sale", count: 1)])
        #expect(
            result.facets?.attributes == [
                "size": [.init(value: "M", count: 1), .init(value: "L", count: 4)],
                "colour": [.init(value: "Red", count: 1)],
            ]
        )
        #expect(result.hits.first?.product.id == 7)
        #expect(result.hits.first?.highlight == ["name": "<em>Mug</em>"])
        #expect(result.facets?.inStock == [.init(value: "true", count: 1)])
        #expect(result.facets?.priceRange == 500...500)
        #expect(result.source == .search)
    }

    @Test func nothingFoundHasNoPriceRange() throws {
        let answer = """
            {"hits":{"total":{"value":0},"hits":[]},"aggregations":{"category":{"values":{"buckets":[]}},
            "brand":{"values":{"buckets":[]}},"in_stock":{"values":{"buckets":[]}},
            "tags":{"values":{"buckets":[]}},"attributes":{"values":{"buckets":[]}},
            "price":{"values":{"count":0,"min":null,"max":null}}}}
            """
        #expect(try SearchAnswer.decode(Data(answer.utf8)).result(try PageRequest()).facets?.priceRange == nil)
    }
}
