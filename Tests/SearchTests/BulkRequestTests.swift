import Foundation
import Jobs
import Messages
import Testing

@testable import Search

@Suite struct BulkRequestTests {
    static func document(_ id: Int64) -> ProductDocument {
        ProductDocument(
            id: String(id),
            slug: "mug",
            name: "Mug",
            description: "",
            category: "tableware",
            categoryName: "Tableware",
            categories: ["tableware"],
            brand: nil,
            brandName: nil,
            skus: ["M-1"],
            tags: [],
            tagWords: "",
            attributes: [],
            priceAmount: 500,
            compareAtAmount: nil,
            currency: "EUR",
            primaryImageURL: "https://example.org/m.jpg",
            inStock: true,
            createdAt: Date(timeIntervalSince1970: 0)
        )
    }

    private func request(_ operations: [BulkRequest.Operation]) -> BulkRequest {
        BulkRequest(index: "products", operations: operations)
    }

    @Test func writesOneLineForEachActionAndDocument() throws {
        let body = try request([
            .init(productID: 1, version: 5, document: Self.document(1)),
            .init(productID: 2, version: 9, document: nil),
            .init(productID: 3, version: nil, document: nil),
        ]).body()
        let lines = String(decoding: body, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 5)
        #expect(lines[0] == #"{"index":{"_id":"1","_index":"products","version":5,"version_type":"external"}}"#)
        #expect(lines[1].contains(#""created_at":"1970-01-01T00:00:00Z""#))
        #expect(lines[2] == #"{"delete":{"_id":"2","_index":"products","version":9,"version_type":"external"}}"#)
        #expect(lines[3] == #"{"delete":{"_id":"3","_index":"products"}}"#)
        #expect(lines[4].isEmpty)
    }

    @Test func readsWhatBecameOfEachItem() throws {
        let operations = (1...7).map { BulkRequest.Operation(productID: $0, version: 1, document: nil) }
        let answer = """
            {"errors":true,"items":[
            {"index":{"status":201}},
            {"index":{"status":409,"error":{"type":"version_conflict_engine_exception","reason":"newer"}}},
            {"delete":{"status":404,"result":"not_found"}},
            {"index":{"status":404,"error":{"type":"index_not_found_exception","reason":"no such index"}}},
            {"index":{"status":429,"error":{"reason":"busy"}}},
            {"index":{"status":503,"error":{"reason":"no shard"}}},
            {"index":{"status":400,"error":{"reason":"mapping"}}}]}
            """
        let results = try request(operations).results(Data(answer.utf8))
        #expect(
            results == [
                .done, .done, .done, .unavailable("HTTP 404: no such index"), .unavailable("HTTP 429: busy"),
                .unavailable("HTTP 503: no shard"), .refused("HTTP 400: mapping"),
            ]
        )
    }

    @Test func anAnswerAboutSomethingElseIsNone() {
        let operations = [BulkRequest.Operation(productID: 1, version: 1, document: nil)]
        #expect(throws: SearchError.malformedAnswer) { try request(operations).results(Data(#"{"items":[]}"#.utf8)) }
        #expect(throws: SearchError.malformedAnswer) { try request(operations).results(Data("<html>".utf8)) }
    }
}

@Suite struct SearchIndexerTests {
    private typealias Operation = BulkRequest.Operation

    @Test func oneOperationForEachProduct() {
        let document = BulkRequestTests.document(1)
        let operations = SearchIndexer.operations(
            for: [.index(1), .index(1), .index(2), .index(3), .delete(4, version: 8), .index(4)],
            [
                VersionedDocument(productID: 1, version: 5, document: document),
                VersionedDocument(productID: 3, version: 2, document: nil),
            ]
        )
        #expect(
            operations == [
                Operation(productID: 1, version: 5, document: document),
                // Gone before its job ran.
                Operation(productID: 2, version: nil, document: nil),
                // No longer for sale.
                Operation(productID: 3, version: 2, document: nil),
                Operation(productID: 4, version: 8, document: nil),
            ]
        )
    }

    @Test func anOutageSpendsNoAttempt() {
        #expect(SearchIndexer.outcome(.done) == .done)
        #expect(SearchIndexer.outcome(.unavailable("x")) == .snooze(for: .seconds(10)))
        #expect(SearchIndexer.outcome(.refused("x")) == .reject(reason: "the search engine refused the document: x"))
    }
}
