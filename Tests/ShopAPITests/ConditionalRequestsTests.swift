import Catalog
import HTTPServer
import Testing

@testable import ShopAPI

@Suite struct ConditionalRequestsTests {
    private func answer(_ headers: Headers, version: Int64? = nil) throws -> Response {
        try Response.json(["a": 1]).catalog(for: Request(method: .get, target: "/", headers: headers), version: version)
    }

    @Test func whoHasTheAnswerGetsNoneAgain() throws {
        let first = try answer([:])
        let tag = try #require(first.headers["ETag"])
        #expect(first.status == 200)
        #expect(first.headers["Cache-Control"] == "public, no-cache")
        for known in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
            let again = try answer(["If-None-Match": known])
            #expect(again.status == 304, "\(known)")
            #expect(again.headers["ETag"] == tag)
            guard case .bytes(let bytes) = again.body else { throw CatalogError.productNotFound }
            #expect(bytes.isEmpty)
        }
        for other in ["\"other\"", "nonsense", "\"\""] {
            #expect(try answer(["If-None-Match": other]).status == 200, "\(other)")
        }
    }

    @Test func anEditIsForTheVersionOfItsTag() throws {
        func condition(_ fields: String...) -> VersionCondition {
            var headers = Headers()
            for field in fields { headers.append("If-Match", field) }
            return Request(method: .put, target: "/", headers: headers).versionCondition
        }
        let tag = try #require(try answer([:], version: 7).headers["ETag"])
        #expect(condition() == .any)
        #expect(condition("*") == .any)
        #expect(condition(tag) == .oneOf([7]))
        #expect(condition("\"3-a\", \"4-b\"", "\"5-c\"") == .oneOf([3, 4, 5]))
        // What is no tag of a product matches none, rather than all.
        #expect(condition("W/\"7-a\"", "\"abc\"", "7") == .oneOf([]))
    }
}
