import Database
import Foundation
import HTTPClient
import Jobs
import Orders
import Outbox
import Payments
import Postgres
import TestSupport
import Testing
import Topology

/// Orders that are paid for, with the programs as processes of their own and the test gateway.
@Suite struct PaymentTests {
    /// Orders one unit and pays by `token`.
    /// - Returns: the order's number.
    private func pay(
        _ payment: String,
        _ variant: Int64,
        _ shop: TestShop,
        token: String,
        discount: String? = nil
    ) async throws -> String {
        let discount = discount.map { #""discount_code":"\#($0)","# } ?? ""
        let body =
            #"{\#(discount)"items":[{"variant_id":"\#(variant)","quantity":1}],"payment":{"method":"card","token":"\#(payment)"},"#
            + #""shipping_address":{"line1":"1 Quay","city":"Hull","postal_code":"HU1","country":"GB"}}"#
        let response = try await shop.call("POST", "/api/orders", token: token, body: body)
        try #require(response.status == 201, "\(String(decoding: response.body, as: UTF8.self))")
        let order = try response.json()
        #expect(order["payment_status"] as? String == "pending")
        return try #require(order["order_number"] as? String)
    }

    /// `status payment_status payment's status decline reason`
    private func state(_ number: String, _ shop: TestShop) async throws -> String {
        try await shop.pool.query(
            """
            SELECT concat_ws(' ', o.status, o.payment_status, p.status, p.decline_reason)
            FROM orders o JOIN payments p ON p.order_id = o.id WHERE o.order_number = \(number)
            """
        )[0].decode(0)
    }

    private func becomes(_ wanted: String, _ number: String, _ shop: TestShop) async throws {
        try await eventually("\(number) becomes \(wanted)", within: .seconds(60)) {
            try await state(number, shop) == wanted
        }
    }

    private func timeline(_ number: String, _ shop: TestShop) async throws -> [String] {
        try await shop.pool.query(
            """
            SELECT e.kind FROM order_events e JOIN orders o ON o.id = e.order_id
            WHERE o.order_number = \(number) ORDER BY e.id
            """
        ).map { try $0.decode(0) }
    }

    /// Asks as an order's step does, in a transaction as the worker.
    private func request(_ statement: PostgresQuery, _ shop: TestShop) async throws -> PostgresRows {
        try await shop.pool.query(statement)
    }

    @Test func theCardDecides() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 10)
            try await shop.pool.query(
                "INSERT INTO discounts (code, kind, basis_points, usage_limit) VALUES ('TWICE', 'percentage', 1000, 2)"
            )
            try await shop.running([.relay, .orders, .api]) {
                let token = try await shop.customer()
                let approved = try await pay("tok_approve", variant.id, shop, token: token, discount: "TWICE")
                let number = try await pay("4000 0000 0000 9995", variant.id, shop, token: token, discount: "TWICE")
                let declined = try await pay("tok_decline", variant.id, shop, token: token)
                let delayed = try await pay("tok_delay", variant.id, shop, token: token)
                let transient = try await pay("tok_transient", variant.id, shop, token: token)
                try await becomes("confirmed authorized authorized", approved, shop)
                try await becomes("cancelled declined declined card_declined", declined, shop)
                try await becomes("cancelled declined declined insufficient_funds", number, shop)
                try await becomes("confirmed authorized authorized", delayed, shop)
                try await becomes("confirmed authorized authorized", transient, shop)

                #expect(try await timeline(approved, shop) == ["placed", "payment_authorized", "confirmed"])
                #expect(try await timeline(declined, shop) == ["placed", "payment_declined", "cancelled"])
                // Two were declined, and their stock is back, with its lines in the ledger.
                #expect(try await stock(variant.id, shop) == 7)
                #expect(try await shop.variantsOutOfBalance() == [])
                // So is the use of the discount by the one that had it.
                #expect(try await shop.count("SELECT used_count::bigint FROM discounts") == 1)
                #expect(try await shop.count("SELECT count(*) FROM discount_redemptions") == 1)
                // Each order has two mails, of which the second says what became of it: no worker takes them here.
                try await eventually("the mails are on their way", within: .seconds(60)) {
                    try await shop.depth("email.send_order_confirmation") == 10
                }
                // No card's number is anywhere, and no token is kept once it is decided.
                #expect(try await shop.count("SELECT count(*) FROM payments WHERE token IS NOT NULL") == 0)
                #expect(
                    try await shop.count(
                        "SELECT count(*) FROM idempotency_keys WHERE convert_from(response_body, 'UTF8') LIKE '%9995%'"
                    ) == 0
                )
                // The broken call was noted once and asked for again with the same key.
                #expect(
                    try await shop.count("SELECT count(*) FROM test_gateway_calls WHERE operation = 'authorize'") == 5
                )
            }
        }
    }

    private func stock(_ variant: Int64, _ shop: TestShop) async throws -> Int {
        try await shop.count("SELECT stock_quantity::bigint FROM product_variants WHERE id = \(variant)")
    }

    @Test(arguments: [("payment.before-call", 1), ("payment.after-call", 2)])
    func aKilledWorkerAsksWithTheSameKey(_ failpoint: String, _ calls: Int) async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 1)
            let relay = try await shop.start(.relay)
            let api = try await shop.start(.api)
            let number = try await pay("tok_approve", variant.id, shop, token: try await shop.customer())
            let victim = try shop.launch(.orders, ["WHARF_FAILPOINT": failpoint])
            _ = try await victim.process.ended(within: .seconds(60))
            #expect(victim.process.output.contains("killed at the failpoint \(failpoint)"))
            // What was meant is committed; what came of it is not known.
            #expect(try await state(number, shop) == "pending pending authorizing")
            let orders = try await shop.start(.orders)
            try await becomes("confirmed authorized authorized", number, shop)
            #expect(try await shop.count("SELECT sum(calls)::bigint FROM test_gateway_calls") == calls)
            #expect(try await shop.count("SELECT count(*) FROM test_gateway_calls") == 1)
            #expect(try await timeline(number, shop) == ["placed", "payment_authorized", "confirmed"])
            for program in [orders, api, relay] { try await program.process.stop() }
        }
    }

    @Test func stepsOfAnOrderMoveItsMoney() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 10)
            try await shop.running([.relay, .orders, .api]) {
                let token = try await shop.customer()
                let shipped = try await pay("tok_approve", variant.id, shop, token: token)
                let cancelled = try await pay("tok_approve", variant.id, shop, token: token)
                let reduced = try await pay("tok_approve", variant.id, shop, token: token)
                for number in [shipped, cancelled, reduced] {
                    try await becomes("confirmed authorized authorized", number, shop)
                }

                // Shipping takes the money, once.
                for _ in 1...2 { _ = try await request(PaymentRequests.capture(ofOrder: shipped), shop) }
                try await becomes("confirmed paid captured", shipped, shop)
                let part = try PaymentRequests.refund(ofOrder: shipped, amount: 300, key: "damaged")
                #expect(try await request(part, shop).first?.decode(0, as: Int.self) == 300)
                #expect(try await request(part, shop).isEmpty)
                try await becomes("confirmed partially_refunded captured", shipped, shop)
                let tooMuch = try PaymentRequests.refund(ofOrder: shipped, amount: 701, key: "too much")
                #expect(try await request(tooMuch, shop).isEmpty)
                let rest = try PaymentRequests.refund(ofOrder: shipped, amount: nil, key: "rest")
                #expect(try await request(rest, shop).first?.decode(0, as: Int.self) == 700)
                try await becomes("confirmed refunded captured", shipped, shop)

                // Cancelling lets go of it.
                _ = try await request(PaymentRequests.void(ofOrder: cancelled), shop)
                try await becomes("confirmed voided voided", cancelled, shop)

                // What is refunded before it is taken is not taken.
                let early = try PaymentRequests.refund(ofOrder: reduced, amount: 400, key: "early")
                #expect(try await request(early, shop).first?.decode(0, as: Int.self) == 400)
                try await becomes("confirmed partially_refunded authorized", reduced, shop)
                _ = try await request(PaymentRequests.capture(ofOrder: reduced), shop)
                try await becomes("confirmed partially_refunded captured", reduced, shop)

                let rows = try await shop.pool.query(
                    """
                    SELECT operation || ' ' || amount FROM test_gateway_calls
                    WHERE operation <> 'authorize' ORDER BY operation, amount
                    """
                )
                let calls: [String] = try rows.map { try $0.decode(0) }
                #expect(calls == ["capture 600", "capture 1000", "refund 300", "refund 700", "void 0"])
            }
        }
    }

    /// Nobody confirmed it in time, and nobody knows whether the gateway was asked.
    /// The refund is asked for before the capture, lowers it, and is carried out behind it: the gateway gives nothing back.
    @Test func aRefundThatLoweredTheCaptureIsNotGivenBackAgain() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 1)
            try await shop.running([.relay, .orders, .api]) {
                let number = try await pay("tok_approve", variant.id, shop, token: try await shop.customer())
                try await becomes("confirmed authorized authorized", number, shop)
                let early = try PaymentRequests.refund(ofOrder: number, amount: 400, key: "early")
                let job = "body->>'subject' = 'refund-\(number)-early'"
                _ = try await shop.pool.pipeline([
                    early, "UPDATE outbox SET available_at = now() + interval '1 hour' WHERE \(unsafeSQL: job)",
                ])
                _ = try await request(PaymentRequests.capture(ofOrder: number), shop)
                try await eventually("the rest is taken") {
                    try await shop.count("SELECT count(*) FROM payments WHERE status = 'captured'") == 1
                }
                try await shop.pool.query("UPDATE outbox SET available_at = now() WHERE \(unsafeSQL: job)")
                try await eventually("the refund is carried out") {
                    try await shop.count("SELECT count(*) FROM payment_operations WHERE NOT is_done") == 0
                }
                let calls: [String] = try await shop.pool.query(
                    "SELECT operation || ' ' || amount FROM test_gateway_calls ORDER BY operation"
                ).map { try $0.decode(0) }
                #expect(calls == ["authorize 1000", "capture 600"])
                #expect(try await state(number, shop) == "confirmed partially_refunded captured")
            }
        }
    }

    @Test func anExpiredOrderLetsGoOfItsMoney() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 1)
            let relay = try await shop.start(.relay)
            let api = try await shop.start(.api)
            let number = try await pay("tok_approve", variant.id, shop, token: try await shop.customer())
            let victim = try shop.launch(.orders, ["WHARF_FAILPOINT": "payment.after-call"])
            _ = try await victim.process.ended(within: .seconds(60))
            try await shop.pool.query("UPDATE orders SET created_at = now() - interval '25 hours'")
            let pool = PostgresPool(.init(url: try shop.database.workerURL, size: 2))
            let database = Database(primary: pool)
            let outbox = OutboxPublisher(database: database, publisher: InMemoryBroker(topology: try Topology([])))
            #expect(try await CancelUnconfirmed(database: database, outbox: outbox)(pendingHours: 24) == 1)
            let orders = try await shop.start(.orders)
            try await becomes("cancelled voided voided", number, shop)
            #expect(try await stock(variant.id, shop) == 1)
            #expect(
                try await shop.count("SELECT count(*) FROM test_gateway_calls WHERE operation = 'void'") == 1
            )
            await pool.shutdown()
            for program in [orders, api, relay] { try await program.process.stop() }
        }
    }
}
