import Database
import Foundation
import Jobs
import Orders
import Outbox
import Postgres
import TestSupport
import Testing
import Topology

/// The confirm job against the real schema; nothing is published, so that what it wrote can be read.
@Suite struct ConfirmOrderTests {
    private struct Shop {
        let pool: PostgresPool
        let confirm: ConfirmOrder

        /// A pending order of the product's only unit, which the checkout took: the product still says that it is there.
        func order(_ number: String, emptying slug: String) async throws {
            _ = try await pool.query(
                """
                WITH category AS (
                    INSERT INTO categories (slug, name) VALUES (\(slug), 'C') RETURNING id
                ), product AS (
                    INSERT INTO products (slug, name, category_id, currency, price_amount, in_stock, primary_image_url)
                    SELECT \(slug), 'P', id, 'EUR', 100, true, 'https://shop.example/p.png' FROM category RETURNING id
                ), variant AS (
                    INSERT INTO product_variants (product_id, sku, name, price_amount, stock_quantity)
                    SELECT id, \(slug), 'V', 100, 0 FROM product RETURNING id, product_id
                ), person AS (
                    INSERT INTO users (email, password_hash, first_name, last_name)
                    VALUES (\(slug + "@example.com"), 'x', 'A', 'B') RETURNING id
                ), placed AS (
                    INSERT INTO orders (id, order_number, user_id, currency, subtotal_amount, tax_amount, shipping_amount,
                        discount_amount, total_amount, shipping_address, idempotency_key)
                    SELECT gen_random_uuid(), \(number), id, 'EUR', 100, 0, 0, 0, 100, '{}', 'key' FROM person RETURNING id
                )
                INSERT INTO order_items (order_id, line, variant_id, product_id, sku, product_name, variant_name,
                    unit_price_amount, quantity, total_amount)
                SELECT placed.id, 1, variant.id, product_id, 'S', 'P', 'V', 100, 1, 100 FROM placed, variant
                """
            )
        }

        func outbox() async throws -> [String] {
            try await pool.query("SELECT job_name FROM outbox ORDER BY job_name").map { try $0.decode(0) }
        }

        func one<Value: PostgresDecodable>(_ query: PostgresQuery) async throws -> Value {
            try #require(try await pool.query(query).first).decode(0)
        }
    }

    private func withShop(_ body: (Shop) async throws -> Void) async throws {
        let database = try await TestDatabase.make()
        let pool = PostgresPool(.init(url: try database.superuserURL, size: 4))
        let shop = Database(primary: pool)
        let outbox = OutboxPublisher(database: shop, publisher: InMemoryBroker(topology: try Topology([])))
        try await body(Shop(pool: pool, confirm: ConfirmOrder(database: shop, outbox: outbox)))
        await pool.shutdown()
        try await database.drop()
    }

    @Test func anOrderIsConfirmedOnceInOneRoundTrip() async throws {
        try await withShop { shop in
            try await shop.order("W-1", emptying: "lamp")
            _ = try await shop.pool.query("UPDATE products SET in_stock = false")
            let before = shop.pool.statistics.roundTrips
            #expect(try await shop.confirm("W-1", idempotencyKey: "k") == .confirmed)
            #expect(shop.pool.statistics.roundTrips - before == 1)
            #expect(try await shop.confirm("W-1", idempotencyKey: "k") == .alreadyDecided)
            #expect(try await shop.confirm("W-2", idempotencyKey: "k") == .noSuchOrder)
            #expect(try await shop.one("SELECT status FROM orders") == "confirmed")
            #expect(try await shop.one("SELECT count(*) FROM order_events WHERE kind = 'confirmed'") == 1)
            #expect(try await shop.outbox() == ["email.send_order_confirmation"])
        }
    }

    @Test func theOrderThatTookTheLastUnitMarksItsProduct() async throws {
        try await withShop { shop in
            try await shop.order("W-1", emptying: "lamp")
            #expect(try await shop.confirm("W-1", idempotencyKey: "k") == .confirmed)
            #expect(try await shop.one("SELECT in_stock FROM products") == false)
            #expect(try await shop.outbox() == ["email.send_order_confirmation", "search.index_product"])
        }
    }

    @Test func anOrderWaitsForItsPayment() async throws {
        try await withShop { shop in
            try await shop.order("W-1", emptying: "lamp")
            _ = try await shop.pool.query("UPDATE products SET in_stock = false")
            _ = try await shop.pool.query("UPDATE orders SET payment_status = 'pending'")
            #expect(try await shop.confirm("W-1", idempotencyKey: "k") == .alreadyDecided)
            #expect(try await shop.one("SELECT status FROM orders") == "pending")
            #expect(try await shop.outbox() == [])
            // No program can go around it.
            await #expect(throws: PostgresError.self) {
                try await shop.pool.query("UPDATE orders SET status = 'confirmed'")
            }
            _ = try await shop.pool.query("UPDATE orders SET payment_status = 'authorized'")
            #expect(try await shop.confirm("W-1", idempotencyKey: "k") == .confirmed)
        }
    }

    /// The worker was killed between the two steps: the job comes again, and finds its order confirmed.
    @Test func aRepeatedJobStillMarksTheProduct() async throws {
        try await withShop { shop in
            try await shop.order("W-1", emptying: "lamp")
            _ = try await shop.pool.query("UPDATE orders SET status = 'confirmed'")
            #expect(try await shop.confirm("W-1", idempotencyKey: "k") == .alreadyDecided)
            #expect(try await shop.one("SELECT in_stock FROM products") == false)
            #expect(try await shop.one("SELECT version FROM products") == 2)
            #expect(try await shop.outbox() == ["search.index_product"])
            #expect(try await shop.confirm("W-1", idempotencyKey: "k") == .alreadyDecided)
            #expect(try await shop.outbox() == ["search.index_product"])
        }
    }
}
