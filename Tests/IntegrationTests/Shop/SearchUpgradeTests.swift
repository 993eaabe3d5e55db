import Foundation
import HTTPClient
import Postgres
import TestSupport
import Testing

/// What a new version of the programs does with the search index of an earlier one.
@Suite struct SearchUpgradeTests {
    @Test func anIndexOfAnEarlierVersionIsBuiltAnew() async throws {
        try await TestShop.with { shop in
            func engine(_ method: String, _ path: String, _ body: String) async throws -> HTTPResponse {
                let response = try await shop.client.send(
                    HTTPRequest(
                        method: method,
                        url: shop.searchURL + path,
                        headers: [("Content-Type", "application/json")],
                        body: Array(body.utf8)
                    )
                )
                try #require(response.status < 300, "\(path): \(String(decoding: response.body, as: UTF8.self))")
                return response
            }
            _ = try await shop.variant(stock: 1)
            let product = try await shop.count("SELECT id FROM products")
            let mapping = #"{"mappings":{"dynamic":"strict","properties":{"id":{"type":"keyword"}}}}"#
            _ = try await engine("PUT", "/products-20200101000000", mapping)
            let alias = #"{"actions":[{"add":{"index":"products-20200101000000","alias":"products"}}]}"#
            _ = try await engine("POST", "/_aliases", alias)
            _ = try await engine("PUT", "/products/_doc/\(product)?refresh=true", "{\"id\":\"\(product)\"}")

            let worker = try await shop.start(.search)
            let query = #"{"query":{"term":{"categories":"tests"}}}"#
            try await eventually("the product is found by a field of today") {
                let hits = try await engine("POST", "/products/_search", query).json()["hits"] as? [String: Any]
                return (hits?["total"] as? [String: Any])?["value"] as? Int == 1
            }
            try await eventually("the old index is gone") {
                let old = try await shop.client.send(
                    HTTPRequest(method: "GET", url: shop.searchURL + "/products-20200101000000")
                )
                return old.status == 404
            }
            try await worker.process.stop()
        }
    }
}
