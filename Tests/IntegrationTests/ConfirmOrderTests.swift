import Database
import Foundation
import Jobs
import Messages
import Observability
import Orders
import Outbox
import Postgres
import TestSupport
import Testing
import Threading

/// What `order.process` does against the real schema.
@Suite struct ConfirmOrderTests {
    /// Keeps what it is given, or refuses it.
    private final class Recorder: JobPublisher {
        let published = Lock<[JobEnvelope]>([])
        let refusal = Lock<JobPublishError?>(nil)

        func publish(_ envelope: JobEnvelope) async throws(JobPublishError) {
            if let error = refusal.withLock({ $0 }) { throw error }
            published.withLock { $0.append(envelope) }
        }

        func send(_ envelope: JobEnvelope, toQueue queue: String) async throws(JobPublishError) {
            try await publish(envelope)
        }
    }

    private struct Shop {
        let pool: PostgresPool
        let broker: Recorder
        let handler: ProcessOrderHandler

        /// The job of one message, run as often as it is delivered.
        func run(_ action: ProcessOrder.Action, _ number: String, id: UUIDv7 = UUIDv7()) async throws -> Outcome {
            let job = ProcessOrder(action: action, orderNumber: number)
            let envelope = try JobEnvelope(job, id: id, correlationID: number, idempotencyKey: "k")
            return try await handler.handle(job, context: JobContext(envelope: envelope))
        }

        var mails: [JobEnvelope] { broker.published.withLock { $0 } }

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

        func one<Value: PostgresDecodable>(_ query: PostgresQuery) async throws -> Value {
            try #require(try await pool.query(query).first).decode(0)
        }
    }

    private func withShop(_ body: (Shop) async throws -> Void) async throws {
        let database = try await TestDatabase.make()
        let pool = PostgresPool(.init(url: try database.workerURL, size: 4))
        let superuser = PostgresPool(.init(url: try database.superuserURL, size: 1))
        let shop = Database(primary: pool)
        let broker = Recorder()
        let outbox = OutboxPublisher(database: shop, publisher: broker, metrics: MetricsRegistry())
        let handler = ProcessOrderHandler(
            confirmOrder: ConfirmOrder(
                database: shop,
                followUps: FollowUpPublisher(database: shop, publisher: broker)
            ),
            takeStep: TakeStep(database: shop, outbox: outbox),
            refundOrder: RefundOrder(database: shop, outbox: outbox),
            updateInventory: UpdateInventory(database: shop, outbox: outbox),
            didStep: { _ in }
        )
        try await body(Shop(pool: superuser, broker: broker, handler: handler))
        await pool.shutdown()
        await superuser.shutdown()
        try await database.drop()
    }

    private let noSuchOrder = Outcome.reject(reason: "there is no such order")

    @Test func anOrderIsConfirmedOnceAndItsMailIsPublished() async throws {
        try await withShop { shop in
            try await shop.order("W-1", emptying: "lamp")
            let id = UUIDv7()
            #expect(try await shop.run(.confirm, "W-1", id: id) == .done)
            #expect(try await shop.one("SELECT status FROM orders") == "confirmed")
            let mail = try #require(shop.mails.first)
            #expect(String(decoding: mail.body, as: UTF8.self).contains("order_confirmed"))
            #expect(mail.idempotencyKey == "k" && mail.correlationID == "W-1")
            // Behind the commit: the mail's worker must not read a replica that knows nothing of it.
            let lsn = try #require(mail.lsn.flatMap(PostgresLSN.init))
            #expect(try await shop.one("SELECT \(lsn)::pg_lsn <= pg_current_wal_flush_lsn()"))
            // Delivered again: the same mail, under the same id, and no second event.
            #expect(try await shop.run(.confirm, "W-1", id: id) == .done)
            #expect(shop.mails.map(\.id) == [mail.id, mail.id])
            #expect(try await shop.one("SELECT count(*) FROM order_events WHERE kind = 'confirmed'") == 1)
            #expect(try await shop.run(.confirm, "W-2") == noSuchOrder)
            #expect(try await shop.one("SELECT count(*) FROM outbox") == 0)
        }
    }

    /// Killed, or cut off from the broker, between the commit and the confirm. The order may go on meanwhile: the mail that
    /// is missing goes out all the same.
    @Test func aMailThatWasNotConfirmedIsPublishedByTheNextRun() async throws {
        try await withShop { shop in
            try await shop.order("W-1", emptying: "lamp")
            let id = UUIDv7()
            let error = JobPublishError(.nacked, "full")
            shop.broker.refusal.withLock { $0 = error }
            await #expect(throws: error) { try await shop.run(.confirm, "W-1", id: id) }
            #expect(try await shop.one("SELECT status FROM orders") == "confirmed")
            _ = try await shop.pool.query("UPDATE orders SET status = 'shipped'")
            shop.broker.refusal.withLock { $0 = nil }
            #expect(try await shop.run(.confirm, "W-1", id: id) == .done)
            #expect(shop.mails.count == 1)
            #expect(try await shop.one("SELECT status FROM orders") == "shipped")
        }
    }

    @Test func anOrderWaitsForItsPayment() async throws {
        try await withShop { shop in
            try await shop.order("W-1", emptying: "lamp")
            _ = try await shop.pool.query("UPDATE orders SET payment_status = 'pending'")
            #expect(try await shop.run(.confirm, "W-1") == .done)
            #expect(try await shop.one("SELECT status FROM orders") == "pending")
            #expect(shop.mails.isEmpty)
            // No program can go around it.
            await #expect(throws: PostgresError.self) {
                try await shop.pool.query("UPDATE orders SET status = 'confirmed'")
            }
            _ = try await shop.pool.query("UPDATE orders SET payment_status = 'authorized'")
            #expect(try await shop.run(.confirm, "W-1") == .done)
            #expect(try await shop.one("SELECT status FROM orders") == "confirmed")
            #expect(shop.mails.count == 1)
        }
    }

    /// Whatever a program tries, the database says what an order may be and which way it may go.
    @Test(arguments: [
        ("status = 'shipped'", "orders_status_edge"), ("status = 'lost'", "orders_status_edge"),
        ("total_amount = 99", "orders_amounts_add_up"), ("currency = 'euro'", "orders_amounts_add_up"),
        ("discount_amount = 101, total_amount = -1", "orders_amounts_add_up"),
        ("payment_status = 'maybe'", "orders_payment_status_known"),
        ("status = 'confirmed', payment_status = 'declined'", "orders_confirmed_is_paid"),
    ])
    func theDatabaseRefuses(_ change: String, _ constraint: String) async throws {
        try await withShop { shop in
            try await shop.order("W-1", emptying: "lamp")
            let error = await #expect(throws: PostgresError.self) {
                try await shop.pool.query("UPDATE orders SET \(unsafeSQL: change)")
            }
            #expect(error?.constraint == constraint)
        }
    }

    @Test func anOrderThatWasCancelledFirstGetsNoMail() async throws {
        try await withShop { shop in
            try await shop.order("W-1", emptying: "lamp")
            _ = try await shop.pool.query("UPDATE orders SET status = 'cancelled'")
            #expect(try await shop.run(.confirm, "W-1") == .done)
            #expect(shop.mails.isEmpty)
            #expect(try await shop.one("SELECT count(*) FROM order_events") == 0)
        }
    }

    /// Many at once, as they come to a worker: their mails travel together, and each keeps its own answer.
    @Test func manyAtOnceAreConfirmedInFewRoundTrips() async throws {
        try await withShop { shop in
            let numbers = (1...40).map { "W-\($0)" }
            for number in numbers { try await shop.order(number, emptying: "lamp-\(number)") }
            try await withThrowingTaskGroup(of: Outcome.self) { group in
                for number in numbers { group.addTask { try await shop.run(.confirm, number) } }
                for try await outcome in group { #expect(outcome == .done) }
            }
            #expect(Set(shop.mails.map(\.correlationID)) == Set(numbers))
            #expect(Set(shop.mails.map(\.id)).count == 40)
            #expect(try await shop.one("SELECT count(*) FROM orders WHERE status = 'confirmed'") == 40)
        }
    }

    @Test func theProductOfAnOrderThatTookTheLastUnitIsMarkedOnce() async throws {
        try await withShop { shop in
            try await shop.order("W-1", emptying: "lamp")
            #expect(try await shop.run(.updateInventory, "W-1") == .done)
            #expect(try await shop.run(.updateInventory, "W-1") == .done)
            #expect(try await shop.one("SELECT in_stock FROM products") == false)
            #expect(try await shop.one("SELECT version FROM products") == 2)
            #expect(try await shop.one("SELECT string_agg(job_name, ' ') FROM outbox") == "search.index_product")
            #expect(try await shop.run(.updateInventory, "W-2") == noSuchOrder)
        }
    }
}
