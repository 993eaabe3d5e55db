import Database
import Foundation
import HTTPClient
import Jobs
import Maintenance
import Messages
import Observability
import Orders
import Outbox
import Postgres
import TestSupport
import Testing

/// The shop's periodic jobs on real tables.
@Suite struct MaintenanceTests {
    private struct Nobody: JobPublisher {
        func publish(_ envelope: JobEnvelope) async throws(JobPublishError) {}
        func send(_ envelope: JobEnvelope, toQueue queue: String) async throws(JobPublishError) {}
    }

    /// Orders for `variant`, one unit each, as the API takes them.
    private func place(_ count: Int, _ variant: Int64, _ shop: TestShop) async throws {
        let token = try await shop.customer()
        for _ in 1...count { #expect(try await shop.order([(variant, 1)], token: token).status == 201) }
    }

    private func age(_ shop: TestShop) async throws {
        try await shop.pool.query("UPDATE orders SET created_at = now() - interval '25 hours'")
    }

    private func stock(_ variant: Int64, _ shop: TestShop) async throws -> Int {
        try await shop.count("SELECT stock_quantity::bigint FROM product_variants WHERE id = \(variant)")
    }

    /// The worker's own parts, in this process: its publisher does not run, so that its jobs can be counted.
    private func asWorker(
        _ shop: TestShop,
        _ body: (Database, OutboxPublisher) async throws -> Void
    ) async throws {
        let pool = PostgresPool(.init(url: try shop.database.workerURL, size: 12))
        let database = Database(primary: pool)
        let outbox = OutboxPublisher(database: database, publisher: Nobody(), metrics: MetricsRegistry())
        var failure: (any Error)?
        do { try await body(database, outbox) } catch { failure = error }
        await pool.shutdown()
        if let failure { throw failure }
    }

    /// From the schedule to the mail: what nobody confirmed is cancelled, its stock is back, its customer knows.
    @Test func ordersThatNobodyConfirmsExpire() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 3)
            let api = try await shop.start(.api)
            try await place(3, variant.id, shop)
            #expect(try await stock(variant.id, shop) == 0)
            try await shop.pool.query("UPDATE products SET in_stock = false")
            try await age(shop)
            try await place(1, try await shop.variant(stock: 1).id, shop)
            // Before any worker could confirm them.
            try await asWorker(shop) { database, outbox in
                let cancel = CancelUnconfirmed(database: database, outbox: outbox)
                let counts = [try await cancel(pendingHours: 24), try await cancel(pendingHours: 24)]
                #expect(counts == [3, 0])
            }
            #expect(try await stock(variant.id, shop) == 3)
            #expect(
                try await shop.count(
                    """
                    SELECT count(*) FROM orders o JOIN order_events e ON e.order_id = o.id
                    WHERE o.status = 'cancelled' AND e.kind = 'cancelled' AND e.actor = 'orders.expire'
                    """
                ) == 3
            )
            // Back on sale, and one job for its document.
            #expect(try await shop.count("SELECT count(*) FROM products WHERE in_stock") == 2)
            try await shop.running([.relay, .email, .search, .orders]) {
                try await eventually("the mails are sent") {
                    try await shop.count("SELECT count(*) FROM mail_deliveries WHERE template = 'order_cancelled'") == 3
                }
                try await eventually("the late confirm jobs are over") { try await shop.isIdle() }
            }
            #expect(try await shop.count("SELECT count(*) FROM orders WHERE status = 'cancelled'") == 3)
            #expect(try await shop.count("SELECT count(*) FROM orders WHERE status = 'confirmed'") == 1)
            #expect(try await stock(variant.id, shop) == 3)
            try await api.process.stop()
        }
    }

    /// Confirming and expiring meet on the same orders: exactly one of them wins each, and the stock adds up.
    @Test func ofConfirmAndExpireOneWins() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 100)
            let api = try await shop.start(.api)
            try await place(40, variant.id, shop)
            try await age(shop)
            let numbers = try await shop.pool.query("SELECT order_number FROM orders ORDER BY random()")
                .map { try $0.decode(0, as: String.self) }
            try await asWorker(shop) { database, outbox in
                let followUps = FollowUpPublisher(database: database, publisher: Nobody())
                let confirm = ConfirmOrder(database: database, followUps: followUps)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in numbers {
                        group.addTask {
                            let job = try JobEnvelope(ProcessOrder(action: .confirm, orderNumber: number))
                            _ = try await confirm(number, in: JobContext(envelope: job))
                        }
                    }
                    for _ in 1...3 {
                        group.addTask {
                            _ = try await CancelUnconfirmed(database: database, outbox: outbox)(pendingHours: 24)
                        }
                    }
                    try await group.waitForAll()
                }
            }
            let cancelled = try await shop.count("SELECT count(*) FROM orders WHERE status = 'cancelled'")
            let confirmed = try await shop.count("SELECT count(*) FROM orders WHERE status = 'confirmed'")
            #expect(cancelled + confirmed == 40)
            #expect(
                try await shop.count("SELECT count(*) FROM order_events WHERE kind IN ('confirmed', 'cancelled')") == 40
            )
            #expect(try await stock(variant.id, shop) == 60 + cancelled)
            #expect(
                try await shop.count("SELECT count(*) FROM outbox WHERE body ->> 'template' = 'order_cancelled'")
                    == cancelled
            )
            try await api.process.stop()
        }
    }

    /// The mark up to which nothing is pending stays behind an order that a run had to leave out.
    @Test func anOrderThatWasLockedIsFoundByTheNextRun() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 3)
            let api = try await shop.start(.api)
            try await place(3, variant.id, shop)
            try await age(shop)
            try await asWorker(shop) { database, outbox in
                let cancel = CancelUnconfirmed(database: database, outbox: outbox)
                let whileOneIsLocked = try await shop.pool.transaction { transaction in
                    _ = try await transaction.query("SELECT FROM orders LIMIT 1 FOR UPDATE")
                    return try await cancel(pendingHours: 24)
                }
                #expect(whileOneIsLocked == 2)
                #expect(try await cancel(pendingHours: 24) == 1)
                #expect(try await cancel(pendingHours: 24) == 0)
            }
            #expect(
                try await shop.count("SELECT count(*) FROM maintenance_marks WHERE reached > now() - interval '25 h'")
                    == 1
            )
            try await api.process.stop()
        }
    }

    @Test func whatHasServedItsPurposeIsPrunedInBatches() async throws {
        try await TestShop.with { shop in
            try await shop.pool.query(
                """
                WITH person AS (
                    INSERT INTO users (email, password_hash, first_name, last_name)
                    VALUES ('a@example.com', '', '', '') RETURNING id
                )
                INSERT INTO orders (id, order_number, user_id, currency, subtotal_amount, tax_amount, shipping_amount,
                    discount_amount, total_amount, shipping_address, idempotency_key)
                SELECT gen_random_uuid(), 'W-1', id, 'EUR', 100, 0, 0, 0, 100, '{}', 'key' FROM person
                """
            )
            for (age, count) in [("47 hours", 3), ("49 hours", 25)] {
                try await shop.pool.query(
                    """
                    INSERT INTO idempotency_keys (user_id, route, key, request_hash, response_status, response_body,
                        created_at)
                    SELECT id, 'r', \(age)::text || n, '', 201, '', now() - \(age)::text::interval
                    FROM users, generate_series(1, \(count)::int) AS n
                    """
                )
            }
            for (age, count) in [("34 days", 2), ("36 days", 25)] {
                try await shop.pool.query(
                    """
                    INSERT INTO processed_messages SELECT \(age)::text || n, 'h', now() - \(age)::text::interval
                    FROM generate_series(1, \(count)::int) AS n
                    """
                )
            }
            for (expiry, count) in [("1 hour", 1), ("-1 hour", 25)] {
                try await shop.pool.query(
                    """
                    INSERT INTO refresh_tokens (id, family_id, user_id, token_hash, expires_at)
                    SELECT gen_random_uuid(), gen_random_uuid(), id, '', now() + \(expiry)::text::interval
                    FROM users, generate_series(1, \(count)::int)
                    """
                )
                try await shop.pool.query(
                    """
                    INSERT INTO one_time_tokens (id, user_id, purpose, email, token_hash, expires_at)
                    SELECT gen_random_uuid(), id, 'verify_email', email, decode(md5(\(expiry)::text || n), 'hex'),
                        now() + \(expiry)::text::interval
                    FROM users, generate_series(1, \(count)::int) AS n
                    """
                )
                try await shop.pool.query(
                    """
                    INSERT INTO attempt_counts
                    SELECT decode(md5(\(expiry)::text || n), 'hex'), 1, now() + \(expiry)::text::interval
                    FROM generate_series(1, \(count)::int) AS n
                    """
                )
                try await shop.pool.query(
                    """
                    INSERT INTO job_keys SELECT \(expiry)::text || n, gen_random_uuid(), now() + \(expiry)::text::interval
                    FROM generate_series(1, \(count)::int) AS n
                    """
                )
                try await shop.pool.query(
                    """
                    INSERT INTO order_event_tickets (token_hash, order_id, user_id, is_staff, expires_at)
                    SELECT (\(expiry)::text || n)::bytea, orders.id, user_id, false, now() + \(expiry)::text::interval
                    FROM orders, generate_series(1, \(count)::int) AS n
                    """
                )
            }
            // The newest tick of an entry stays, however old it is.
            try await shop.pool.query(
                """
                INSERT INTO cron_ticks (entry, tick, job_id)
                SELECT entry, now() - n * interval '1 day', gen_random_uuid()
                FROM (VALUES ('daily', 1, 100), ('stopped', 95, 99)) AS e (entry, first, last),
                    generate_series(first, last) AS n
                """
            )
            try await asWorker(shop) { database, _ in
                let prune = PruneTables(database: database, batchSize: 10, metrics: MetricsRegistry())
                #expect(
                    try await prune() == [
                        "idempotency_keys": 25, "processed_messages": 25, "refresh_tokens": 25, "job_keys": 25,
                        "one_time_tokens": 25, "attempt_counts": 25, "payment_events": 0, "test_gateway_calls": 0,
                        "cart_items": 0, "order_event_tickets": 25, "cron_ticks": 11 + 4,
                    ]
                )
                let again = try await prune()
                #expect(again.values.allSatisfy { $0 == 0 })
            }
            for (table, count) in [
                ("idempotency_keys", 3), ("processed_messages", 2), ("refresh_tokens", 1), ("job_keys", 1),
                ("one_time_tokens", 1), ("attempt_counts", 1), ("order_event_tickets", 1), ("cron_ticks", 90),
            ] {
                #expect(try await shop.count("SELECT count(*) FROM \(unsafeSQL: table)") == count, "\(table)")
            }
        }
    }
}
