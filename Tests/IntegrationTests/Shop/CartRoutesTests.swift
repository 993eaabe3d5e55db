import Database
import Foundation
import HTTPClient
import Maintenance
import Postgres
import TestSupport
import Testing

/// Carts over HTTP, on real tables.
@Suite struct CartRoutesTests {
    private struct Cart: Decodable {
        struct Item: Decodable {
            let variant_id: String
            let quantity: Int
            let sku: String?
            let unit_price_amount: Int?
            let issues: [Issue]
        }
        struct Issue: Decodable, Equatable {
            let code: String
            var old_price_amount: Int?
            var new_price_amount: Int?
            var available: Int?
            var currency: String?
        }
        let items: [Item]
        let quantity: Int
        let subtotal_amount: Int
        let currency: String?
        let is_orderable: Bool
    }

    private struct Customer {
        let shop: TestShop
        let token: String

        func add(_ variant: Int64, _ quantity: Int) async throws -> HTTPResponse {
            let body = "{\"variant_id\":\"\(variant)\",\"quantity\":\(quantity)}"
            return try await shop.call("POST", "/api/orders/cart/items", token: token, body: body)
        }

        func set(_ variant: Int64, _ quantity: Int) async throws -> HTTPResponse {
            let body = "{\"quantity\":\(quantity)}"
            return try await shop.call("PATCH", "/api/orders/cart/items/\(variant)", token: token, body: body)
        }

        func delete(_ path: String = "") async throws -> Int {
            try await shop.call("DELETE", "/api/orders/cart\(path)", token: token).status
        }

        func cart() async throws -> Cart {
            let response = try await shop.call("GET", "/api/orders/cart", token: token)
            #expect(response.status == 200)
            return try JSONDecoder().decode(Cart.self, from: Data(response.body))
        }
    }

    /// The status, and the last part of the problem's type.
    private func refusal(_ response: HTTPResponse) throws -> String {
        let type = try response.json()["type"] as? String ?? ""
        return "\(response.status) \(type.split(separator: "/").last ?? "")"
    }

    @Test func aCartFollowsItsCustomerAndNobodyElse() async throws {
        try await TestShop.with { shop in
            let (lamp, cup) = (try await shop.variant(stock: 5), try await shop.variant(stock: 1, price: 300))
            let api = try await shop.start(.api)
            let ada = Customer(shop: shop, token: try await shop.customer())
            let bob = Customer(shop: shop, token: try await shop.customer())
            #expect(try await ada.cart().is_orderable == false)
            #expect(try await ada.add(lamp.id, 2).status == 200)
            #expect(try await ada.add(cup.id, 1).status == 200)
            #expect(try await ada.add(lamp.id, 1).status == 200)
            let cart = try await ada.cart()
            #expect(cart.items.map(\.sku) == [lamp.sku, cup.sku])
            #expect(cart.items.map(\.quantity) == [3, 1])
            #expect(cart.quantity == 4)
            #expect(cart.subtotal_amount == 3_300)
            #expect(cart.currency == "GBP")
            #expect(cart.is_orderable)
            #expect(try await bob.cart().items.isEmpty)

            let short = try await ada.add(lamp.id, 3)
            #expect(try refusal(short) == "409 insufficient-stock")
            let shortage = try #require((try short.json()["short"] as? [[String: Any]])?.first)
            #expect(shortage["sku"] as? String == lamp.sku)
            #expect(shortage["requested"] as? Int == 6 && shortage["available"] as? Int == 5)
            #expect(try refusal(try await ada.set(lamp.id, 6)) == "409 insufficient-stock")
            #expect(try refusal(try await ada.set(lamp.id, 0)) == "422 invalid-fields")
            #expect(try refusal(try await ada.add(987_654, 1)) == "422 invalid-fields")
            #expect(try refusal(try await bob.set(lamp.id, 1)) == "404 not-found")
            #expect(try await bob.delete("/items/\(lamp.id)") == 404)
            #expect(try await ada.cart().items.map(\.quantity) == [3, 1])

            #expect(try await ada.set(lamp.id, 5).status == 200)
            #expect(try await ada.delete("/items/\(cup.id)") == 204)
            #expect(try await ada.cart().items.map(\.quantity) == [5])
            #expect(try await ada.delete() == 204)
            #expect(try await ada.cart().items.isEmpty)
            #expect(try await shop.call("GET", "/api/orders/cart").status == 401)
            try await api.process.stop()
        }
    }

    @Test func staleLinesSayWhatBecameOfThem() async throws {
        try await TestShop.with { shop in
            let (dear, scarce) = (try await shop.variant(stock: 5), try await shop.variant(stock: 5))
            let (archived, gone) = (try await shop.variant(stock: 5), try await shop.variant(stock: 5))
            let foreign = try await shop.variant(stock: 5)
            let api = try await shop.start(.api)
            let ada = Customer(shop: shop, token: try await shop.customer())
            for variant in [dear, scarce, archived, gone] { #expect(try await ada.add(variant.id, 3).status == 200) }
            try await shop.pool.query(
                """
                UPDATE products SET currency = 'EUR'
                WHERE id = (SELECT product_id FROM product_variants WHERE id = \(foreign.id))
                """
            )
            #expect(try refusal(try await ada.add(foreign.id, 1)) == "409 other-currency")
            try await shop.pool.query("UPDATE product_variants SET price_amount = 1200 WHERE id = \(dear.id)")
            try await shop.pool.query("UPDATE product_variants SET stock_quantity = 1 WHERE id = \(scarce.id)")
            try await shop.pool.query(
                """
                UPDATE products SET status = 'archived'
                WHERE id = (SELECT product_id FROM product_variants WHERE id = \(archived.id))
                """
            )
            try await shop.pool.query("DELETE FROM product_variants WHERE id = \(gone.id)")

            let stale = try await ada.cart()
            #expect(
                stale.items.map(\.issues) == [
                    [.init(code: "price_changed", old_price_amount: 1_000, new_price_amount: 1_200)],
                    [.init(code: "insufficient_stock", available: 1)],
                    [.init(code: "unavailable")], [.init(code: "unavailable")],
                ]
            )
            #expect(stale.subtotal_amount == 3 * 1_200 + 3 * 1_000)
            #expect(!stale.is_orderable)
            #expect(try refusal(try await ada.set(archived.id, 1)) == "422 invalid-fields")
            // Writing a line takes note of its price.
            #expect(try await ada.set(dear.id, 3).status == 200)
            #expect(try await ada.set(scarce.id, 1).status == 200)
            #expect(try await ada.delete("/items/\(archived.id)") == 204)
            #expect(try await ada.delete("/items/\(gone.id)") == 204)
            let fresh = try await ada.cart()
            #expect(fresh.items.map(\.issues) == [[], []])
            #expect(fresh.is_orderable)
            try await api.process.stop()
        }
    }

    @Test func clicksAtOnceAddUpAndLimitsHold() async throws {
        try await TestShop.with { shop in
            let lamp = try await shop.variant(stock: 20_000)
            var others: [Int64] = []
            for _ in 0..<101 { others.append(try await shop.variant(stock: 10_001).id) }
            let api = try await shop.start(.api)
            let ada = Customer(shop: shop, token: try await shop.customer())
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 { group.addTask { try await ada.add(lamp.id, 1).status } }
                for try await status in group { #expect(status == 200) }
            }
            #expect(try await ada.cart().items.map(\.quantity) == [20])
            let one = try await shop.statements(of: api) { _ = try await ada.cart() }
            let change = try await shop.statements(of: api) { _ = try await ada.set(lamp.id, 20) }
            #expect(try refusal(try await ada.add(lamp.id, 9_981)) == "409 line-full")

            let wanted = others
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for other in wanted { group.addTask { try await ada.add(other, 1).status } }
                return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [200: 99, 409: 2])
            #expect(try await ada.cart().items.count == 100)
            #expect(try await shop.statements(of: api) { _ = try await ada.cart() } == one)
            #expect(try await shop.statements(of: api) { _ = try await ada.set(lamp.id, 20) } == change)
            try await api.process.stop()
        }
    }

    @Test func cartsThatNobodyTouchesGo() async throws {
        try await TestShop.with { shop in
            let (old, new) = (try await shop.variant(stock: 5).id, try await shop.variant(stock: 5).id)
            let users = try await shop.pool.query(
                """
                INSERT INTO users (email, password_hash, first_name, last_name)
                SELECT 'c' || n || '@example.com', 'x', 'A', 'B' FROM generate_series(1, 2) n RETURNING id
                """
            ).map { try $0.decode(0, as: Int64.self) }
            try await shop.pool.query(
                """
                INSERT INTO cart_items (user_id, variant_id, quantity, price_amount, updated_at)
                SELECT u, v, 1, 1, now() - CASE WHEN v = \(new)::bigint AND u = \(users[1])::bigint
                    THEN interval '1 day' ELSE interval '91 days' END
                FROM unnest(\(users)::bigint[]) u, unnest(\([old, new])::bigint[]) v
                """
            )
            let worker = PostgresPool(.init(url: try shop.database.workerURL, size: 1))
            #expect(try await PruneTables(database: Database(primary: worker))()["cart_items"] == 2)
            await worker.shutdown()
            #expect(try await shop.count("SELECT count(*) FROM cart_items WHERE user_id = \(users[1])") == 2)
        }
    }
}
