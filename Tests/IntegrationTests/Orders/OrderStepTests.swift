import Database
import Foundation
import Idempotency
import Jobs
import Messages
import Outbox
import Postgres
import TestSupport
import Testing
import Topology

@testable import Orders

/// The steps of `order.process` on the real schema, as the worker's role; nothing is published, so that what they wrote can
/// be read.
@Suite struct OrderStepTests {
    private struct Shop {
        let pool: PostgresPool
        let database: Database
        let outbox: OutboxPublisher
        let number: OrderNumber

        func one<Value: PostgresDecodable>(_ query: PostgresQuery) async throws -> Value {
            try #require(try await pool.query(query).first).decode(0)
        }

        func handle(_ job: ProcessOrder, id: UUIDv7 = UUIDv7()) async throws -> Outcome {
            let handler = ProcessOrderHandler(
                confirmOrder: ConfirmOrder(
                    database: database,
                    followUps: FollowUpPublisher(
                        database: database,
                        publisher: InMemoryBroker(topology: try Topology([]))
                    )
                ),
                takeStep: TakeStep(database: database, outbox: outbox),
                refundOrder: RefundOrder(database: database, outbox: outbox),
                updateInventory: UpdateInventory(database: database, outbox: outbox),
                didStep: { _ in }
            )
            let envelope = try JobEnvelope(job, id: id)
            return try await handler.handle(job, context: JobContext(envelope: envelope))
        }

        func job(_ action: ProcessOrder.Action, _ refundID: String? = nil) -> ProcessOrder {
            ProcessOrder(action: action, orderNumber: number.rawValue, actor: "admin:1", refundID: refundID)
        }

        func refund(_ amount: Int64?) async throws -> String {
            let request = try RefundRequest(amount: amount, reason: "late")
            let id = Mailbox<String>()
            _ = try await RequestRefund(database: Database(primary: pool), outbox: outbox)(
                request,
                of: number,
                by: .staff(1),
                userID: one("SELECT id FROM users"),
                key: .generate()
            ) { refund, _ in
                id.put(refund.id)
                return []
            }
            return try await id.next()
        }

        func kinds() async throws -> [String] {
            try await pool.query("SELECT kind FROM order_events ORDER BY id").map { try $0.decode(0) }
        }
    }

    /// A confirmed order of two units at 500 each, taken from a stock of five.
    private func withOrder(_ body: (Shop) async throws -> Void) async throws {
        let database = try await TestDatabase.make()
        let pool = PostgresPool(.init(url: try database.superuserURL, size: 4))
        let worker = PostgresPool(.init(url: try database.workerURL, size: 4))
        let shop = Shop(
            pool: pool,
            database: Database(primary: worker),
            outbox: OutboxPublisher(
                database: Database(primary: worker),
                publisher: InMemoryBroker(topology: try Topology([]))
            ),
            number: .generate(at: Date())
        )
        try await pool.query(
            """
            WITH category AS (
                INSERT INTO categories (slug, name) VALUES ('c', 'C') RETURNING id
            ), product AS (
                INSERT INTO products (slug, name, category_id, currency, price_amount, in_stock, primary_image_url)
                SELECT 'p', 'P', id, 'EUR', 500, true, 'https://shop.example/p.png' FROM category RETURNING id
            ), variant AS (
                INSERT INTO product_variants (product_id, sku, name, price_amount, stock_quantity)
                SELECT id, 'S', 'V', 500, 3 FROM product RETURNING id, product_id
            ), person AS (
                INSERT INTO users (email, password_hash, first_name, last_name)
                VALUES ('ada@example.com', 'x', 'A', 'B') RETURNING id
            ), placed AS (
                INSERT INTO orders (id, order_number, user_id, status, currency, subtotal_amount, tax_amount,
                    shipping_amount, discount_amount, total_amount, shipping_address, idempotency_key)
                SELECT gen_random_uuid(), \(shop.number.rawValue), id, 'confirmed', 'EUR', 1000, 0, 0, 0, 1000, '{}', 'key'
                FROM person RETURNING id
            ), line AS (
                INSERT INTO order_items (order_id, line, variant_id, product_id, sku, product_name, variant_name,
                    unit_price_amount, quantity, total_amount)
                SELECT placed.id, 1, variant.id, product_id, 'S', 'P', 'V', 500, 2, 1000 FROM placed, variant
            )
            INSERT INTO stock_movements (variant_id, delta, reason, order_id)
            SELECT variant.id, 5, 'initial', NULL FROM variant
            UNION ALL SELECT variant.id, -2, 'order', placed.id FROM variant, placed
            """
        )
        var failure: (any Error)?
        do { try await body(shop) } catch { failure = error }
        await worker.shutdown()
        await pool.shutdown()
        try await database.drop()
        if let failure { throw failure }
    }

    @Test func aRefundThatCameTooLateFreesWhatItHadReserved() async throws {
        try await withOrder { shop in
            let refund = try await shop.refund(400)
            #expect(try await shop.one("SELECT refunded_amount FROM orders") == 400)
            #expect(try await shop.handle(shop.job(.cancel)) == .done)
            let job = UUIDv7()
            for _ in 1...2 { #expect(try await shop.handle(shop.job(.refund, refund), id: job) == .done) }
            #expect(try await shop.one("SELECT refunded_amount FROM orders") == 0)
            #expect(try await shop.one("SELECT status FROM order_refunds") == "refused")
            #expect(try await shop.kinds() == ["refund_requested", "cancelled", "step_refused"])
        }
    }

    @Test func partsAddUpToTheWholeAndUnshippedGoodsComeBack() async throws {
        try await withOrder { shop in
            let parts = [try await shop.refund(400), try await shop.refund(nil)]
            await #expect(throws: OrderError.refundTooLarge(left: 0)) { try await shop.refund(1) }
            // Each comes twice, as after a worker's death; in whatever order.
            for part in [parts[1], parts[1], parts[0], parts[0]] {
                #expect(try await shop.handle(shop.job(.refund, part)) == .done)
            }
            #expect(try await shop.one("SELECT status FROM orders") == "refunded")
            #expect(try await shop.one("SELECT refunded_amount FROM orders") == 1_000)
            #expect(try await shop.one("SELECT stock_quantity FROM product_variants") == 5)
            #expect(try await shop.one("SELECT sum(delta)::int FROM stock_movements") == 5)
            #expect(try await shop.kinds().suffix(2) == ["partially_refunded", "refunded"])
            let mails: Int = try await shop.one(
                "SELECT count(*) FROM outbox WHERE body ->> 'template' = 'order_refunded'"
            )
            #expect(mails == 2)
        }
    }

    @Test func messagesThatLackWhatTheirActionNeedsAreRejected() async throws {
        try await withOrder { shop in
            for action in [ProcessOrder.Action.ship, .refund] {
                guard case .reject = try await shop.handle(shop.job(action)) else {
                    Issue.record("\(action) was not rejected")
                    continue
                }
            }
            for action in ProcessOrder.Action.allCases {
                let job = ProcessOrder(
                    action: action,
                    orderNumber: "W-260101-00000000",
                    carrier: "C",
                    trackingNumber: "T",
                    refundID: "no id at all"
                )
                #expect(try await shop.handle(job) == .reject(reason: "there is no such order"), "\(action)")
            }
            #expect(
                try await shop.handle(shop.job(.refund, "no id at all")) == .reject(reason: "there is no such order")
            )
            #expect(try await shop.kinds() == [])
        }
    }

    /// Somebody took a line out of the books by hand: it is reported once, and nothing is changed.
    @Test func stockThatDoesNotAddUpIsReportedAndLeftAlone() async throws {
        try await withOrder { shop in
            #expect(try await shop.handle(shop.job(.updateInventory)) == .done)
            #expect(try await shop.kinds() == [])
            #expect(try await shop.one("SELECT count(*) FROM outbox WHERE job_name = 'search.index_product'") == 1)
            try await shop.pool.query("UPDATE order_items SET quantity = 1, total_amount = 500")
            let job = UUIDv7()
            for _ in 1...2 { #expect(try await shop.handle(shop.job(.updateInventory), id: job) == .done) }
            #expect(try await shop.kinds() == ["stock_mismatch"])
            #expect(
                try await shop.one("SELECT detail ->> 'lines' FROM order_events") == "S: 1 expected, 2 moved"
            )
            #expect(try await shop.one("SELECT stock_quantity FROM product_variants") == 3)
            // Coalesced: the first job to index the product is still on its way.
            #expect(try await shop.one("SELECT count(*) FROM outbox WHERE job_name = 'search.index_product'") == 1)
        }
    }
}
