import Accounts
import Foundation
import HTTPClient
import Postgres
import TestSupport
import Testing

/// Stock levels, their ledger and adjustments over HTTP.
@Suite struct StockRoutesTests {
    private struct Page: Decodable {
        struct Level: Decodable {
            let sku: String
            let stock_quantity: Int
            let is_low: Bool
        }
        let count: Int
        let results: [Level]
    }

    private func levels(_ query: String, _ token: String, _ shop: TestShop) async throws -> [String] {
        let response = try await shop.call("GET", "/api/admin/stock?\(query)", token: token)
        #expect(response.status == 200, "\(query): \(String(decoding: response.body, as: UTF8.self))")
        return try JSONDecoder().decode(Page.self, from: Data(response.body)).results.map(\.sku)
    }

    private func adjust(
        _ variant: Int64,
        _ body: String,
        _ token: String,
        _ shop: TestShop
    ) async throws -> HTTPResponse {
        try await shop.call("POST", "/api/admin/stock/\(variant)/adjustments", token: token, body: body)
    }

    private func give(_ variant: Int64, to seller: Int64, _ shop: TestShop) async throws {
        try await shop.pool.query(
            """
            UPDATE products SET seller_id = \(seller)
            WHERE id = (SELECT product_id FROM product_variants WHERE id = \(variant))
            """
        )
    }

    @Test func sellersManageTheirOwnAndAdminsAll() async throws {
        try await TestShop.with { shop in
            let (mine, other) = (try await shop.variant(stock: 3), try await shop.variant(stock: 40))
            let api = try await shop.start(.api)
            let seller = try await shop.person(.seller)
            let stranger = try await shop.person(.seller)
            let admin = try await shop.person(.admin).token
            try await give(mine.id, to: seller.id, shop)
            try await give(other.id, to: stranger.id, shop)

            let both = [mine.sku, other.sku].sorted()
            #expect(try await levels("", admin, shop) == both)
            #expect(try await levels("", seller.token, shop) == [mine.sku])
            #expect(try await levels("low=true", admin, shop) == [mine.sku])
            #expect(try await levels("below=41", admin, shop) == both)
            #expect(try await levels("below=40", admin, shop) == [mine.sku])
            #expect(try await levels("sku=\(other.sku)", admin, shop) == [other.sku])
            #expect(try await levels("sort=-stock", admin, shop) == [other.sku, mine.sku])
            let customer = try await shop.customer()
            #expect(try await shop.call("GET", "/api/admin/stock", token: customer).status == 403)
            for query in ["below=many", "product=x", "low=perhaps", "sort=colour"] {
                #expect(try await shop.call("GET", "/api/admin/stock?\(query)", token: admin).status == 422)
            }

            let loss = #"{"delta":-3,"note":"dropped in the store"}"#
            #expect(try await adjust(mine.id, loss, stranger.token, shop).status == 403)
            let adjusted = try await adjust(mine.id, loss, seller.token, shop)
            #expect(adjusted.status == 201)
            #expect(try adjusted.json()["stock_quantity"] as? Int == 0)
            let short = try await adjust(mine.id, loss, seller.token, shop)
            #expect(short.status == 409)
            #expect(String(decoding: short.body, as: UTF8.self).contains(mine.sku))
            #expect(try await adjust(mine.id, #"{"delta":0,"note":"x"}"#, seller.token, shop).status == 422)
            #expect(try await adjust(mine.id, #"{"delta":1}"#, seller.token, shop).status == 422)
            #expect(try await adjust(987_654, loss, admin, shop).status == 404)
            #expect(try await adjust(mine.id, #"{"delta":2000000000,"note":"x"}"#, admin, shop).status == 422)
            #expect(try await shop.variantsOutOfBalance().isEmpty)
            try await api.process.stop()
        }
    }

    @Test func aChangeOfAvailabilityIsSeenAndIndexed() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 2)
            let admin = try await {
                let api = try await shop.start(.api, ["AMQP_URL": "amqp://guest:guest@127.0.0.1:9/"])
                let admin = try await shop.person(.admin).token
                func isInStock() async throws -> Int {
                    try await shop.count("SELECT count(*) FROM products WHERE in_stock")
                }
                for (delta, inStock, jobs) in [(-1, 1, 0), (-1, 0, 1), (5, 1, 1)] {
                    let body = "{\"delta\":\(delta),\"note\":\"count\"}"
                    #expect(try await adjust(variant.id, body, admin, shop).status == 201)
                    #expect(try await isInStock() == inStock)
                    // The second change of one product needs no second job.
                    #expect(
                        try await shop.count("SELECT count(*) FROM outbox WHERE job_name = 'search.index_product'")
                            == jobs
                    )
                }
                try await api.process.stop()
                return admin
            }()
            let api = try await shop.start(.api)
            let path = "/api/admin/stock/\(variant.id)/movements"
            let page = try await shop.call("GET", path + "?page_size=2", token: admin).json()
            #expect(page["count"] as? Int == 4)
            let lines = try #require(page["results"] as? [[String: Any]])
            #expect(lines.map { $0["delta"] as? Int } == [5, -1])
            #expect(lines.allSatisfy { $0["reason"] as? String == "adjustment" && $0["note"] as? String == "count" })
            #expect(lines.allSatisfy { $0["actor_id"] is String })

            let one = try await shop.statements(of: api) {
                let line = try await shop.call("GET", path + "?page_size=1", token: admin)
                let level = try await shop.call("GET", "/api/admin/stock", token: admin)
                #expect(line.status == 200 && level.status == 200)
            }
            for _ in 0..<100 {
                let other = try await shop.variant(stock: 3).id
                try await shop.pool.query(
                    """
                    INSERT INTO stock_movements (variant_id, delta, reason)
                    VALUES (\(variant.id), 1, 'adjustment'), (\(other), 1, 'adjustment')
                    """
                )
            }
            let hundred = try await shop.statements(of: api) {
                let many = try await shop.call("GET", path + "?page_size=100", token: admin).json()
                #expect((many["results"] as? [Any])?.count == 100)
                let levels = try await shop.call("GET", "/api/admin/stock?page_size=100", token: admin).json()
                #expect((levels["results"] as? [Any])?.count == 100)
            }
            #expect(one == hundred)
            try await api.process.stop()
        }
    }

    @Test func askingAgainWithAKeyMovesNothingTwice() async throws {
        try await TestShop.with { shop in
            let (variant, other) = (try await shop.variant(stock: 5), try await shop.variant(stock: 5))
            let api = try await shop.start(.api)
            let admin = try await shop.person(.admin).token
            func ask(_ variant: Int64, _ delta: Int, key: String) async throws -> HTTPResponse {
                try await shop.call(
                    "POST",
                    "/api/admin/stock/\(variant)/adjustments",
                    token: admin,
                    key: key,
                    body: "{\"delta\":\(delta),\"note\":\"delivery\"}"
                )
            }
            let answers = try await withThrowingTaskGroup(of: HTTPResponse.self) { group in
                for _ in 0..<8 { group.addTask { try await ask(variant.id, 3, key: "delivery-1") } }
                return try await group.reduce(into: [HTTPResponse]()) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 201 })
            #expect(Set(answers.map(\.body)).count == 1)
            let replays = answers.filter { $0.headers["idempotency-replayed"] == "true" }
            #expect(replays.count == 7)
            #expect(try await ask(variant.id, 4, key: "delivery-1").status == 422)
            #expect(try await ask(other.id, 3, key: "delivery-1").status == 422)
            #expect(try await ask(variant.id, -9, key: "loss").status == 409)
            #expect(try await ask(variant.id, -8, key: "loss").status == 201)
            #expect(try await ask(variant.id, 1, key: "a key").status == 400)
            let lines = try await shop.count("SELECT count(*) FROM stock_movements WHERE variant_id = \(variant.id)")
            #expect(lines == 3)
            #expect(try await shop.variantsOutOfBalance().isEmpty)
            try await api.process.stop()
        }
    }

    /// Customers buy while the stock is counted: the level is what the ledger says, and never below nothing.
    @Test func adjustmentsAndOrdersAtOnceAddUp() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 20)
            let api = try await shop.start(.api)
            let admin = try await shop.person(.admin).token
            let customer = try await shop.customer()
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<30 {
                    group.addTask {
                        if number.isMultiple(of: 3) {
                            let body = "{\"delta\":\(number.isMultiple(of: 2) ? 1 : -3),\"note\":\"count\"}"
                            return try await adjust(variant.id, body, admin, shop).status
                        }
                        return try await shop.order([(variant.id, 2)], token: customer).status
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(statuses == [201, 409])
            #expect(try await shop.variantsOutOfBalance().isEmpty)
            // How much is left depends on who came when.
            #expect(try await shop.count("SELECT count(*) FROM product_variants WHERE stock_quantity < 0") == 0)
            try await api.process.stop()
        }
    }
}
