import Accounts
import Foundation
import HTTPClient
import Postgres
import TestSupport
import Testing

/// What becomes of an order after its checkout, by HTTP alone, with every program as a process of its own.
@Suite struct OrderLifeTests {
    @Test func anOrderGoesToItsDoorAndItsMoneyComesBack() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 5, price: 1_000)
            try await shop.running([.relay, .email, .orders, .api]) {
                let ada = try await shop.customer()
                let admin = try await shop.person(.admin)
                let number = try await shop.ordered(variant.id, quantity: 2, token: ada, until: "confirmed")
                let path = "/api/orders/\(number)"

                // What the state machine forbids is refused to one's face.
                let early = try await shop.setStatus(number, "delivered", token: admin.token)
                #expect(early.status == 409)
                #expect(try early.json()["type"] as? String == "/problems/order-state")
                #expect(try early.json()["order_status"] as? String == "confirmed")
                #expect(try await shop.setStatus(number, "shipped", token: admin.token).status == 422)
                #expect(try await shop.setStatus(number, "shipped", TestShop.parcel, token: ada).status == 403)

                let shipped = try await shop.setStatus(number, "shipped", TestShop.parcel, token: admin.token)
                #expect(shipped.status == 202)
                #expect(try shipped.json()["requested_status"] as? String == "shipped")
                try await shop.waitFor(number, toBe: "shipped")
                #expect(try await shop.setStatus(number, "shipped", TestShop.parcel, token: admin.token).status == 200)
                #expect(try await shop.call("POST", path + "/cancel", token: ada).status == 409)
                let tracking = try await shop.call("GET", path + "/tracking", token: ada).json()
                #expect((tracking["shipment"] as? [String: Any])?["tracking_number"] as? String == "SN-1")
                let history = (tracking["history"] as? [[String: Any]])?.compactMap { $0["status"] as? String }
                #expect(history == ["pending", "confirmed", "shipped"])

                #expect(try await shop.setStatus(number, "delivered", token: admin.token).status == 202)
                try await shop.waitFor(number, toBe: "delivered")
                try await refund(number, shop, ada, admin)
                try await timeline(number, shop, ada, admin)

                try await eventually("all mails are there") { shop.mail.count() == 6 }
                let mails = try shop.mail.mails()
                #expect(Set(mails.map(\.id)).count == 6)
                #expect(mails.contains { $0.text.contains("Snail & Sons") && $0.html.contains("SN-1") })
                #expect(mails.contains { $0.text.contains("Refunded: £3.00") })
                #expect(mails.contains { $0.text.contains("Refunded: £17.00") })
                // Goods that were shipped are not on the shelf again because their price was given back.
                #expect(
                    try await shop.count("SELECT stock_quantity FROM product_variants WHERE id = \(variant.id)") == 3
                )
                #expect(try await shop.variantsOutOfBalance() == [])
            }
        }
    }

    private func refund(
        _ number: String,
        _ shop: TestShop,
        _ ada: String,
        _ admin: Person
    ) async throws {
        let path = "/api/orders/\(number)/refunds"
        func refund(_ body: String, key: String? = nil) async throws -> HTTPResponse {
            try await shop.call("POST", path, token: admin.token, key: key, body: body)
        }
        #expect(try await shop.call("POST", path, token: ada, body: #"{"reason":"x"}"#).status == 403)
        #expect(try await refund(#"{"amount":2001,"reason":"too much"}"#).status == 422)
        let first = try await refund(#"{"amount":300,"reason":"a scratch"}"#, key: "k-1")
        #expect(first.status == 202)
        let again = try await refund(#"{"amount":300,"reason":"a scratch"}"#, key: "k-1")
        #expect(again.body == first.body)
        #expect(again.headers["idempotency-replayed"] == "true")
        #expect(try await refund(#"{"amount":301,"reason":"a scratch"}"#, key: "k-1").status == 422)
        try await eventually("the part is refunded") {
            try await shop.count("SELECT count(*) FROM order_refunds WHERE status = 'done'") == 1
        }
        // A part changes the payment only.
        try await shop.waitFor(number, toBe: "delivered")
        #expect(try await refund(#"{"amount":1701,"reason":"too much"}"#).status == 422)
        #expect(try await shop.setStatus(number, "refunded", token: admin.token).status == 202)
        try await shop.waitFor(number, toBe: "refunded")
        #expect(try await refund(#"{"reason":"once more"}"#).status == 409)
        let detail = try await shop.call("GET", "/api/orders/\(number)", token: ada).json()
        #expect(detail["refunded_amount"] as? Int == 2_000)
        #expect((detail["refunds"] as? [[String: Any]])?.compactMap { $0["amount"] as? Int } == [300, 1_700])
        #expect((detail["shipment"] as? [String: Any])?["delivered_at"] != nil)
    }

    private func timeline(
        _ number: String,
        _ shop: TestShop,
        _ ada: String,
        _ admin: Person
    ) async throws {
        let path = "/api/orders/\(number)"
        func note(_ body: String, _ token: String) async throws -> Int {
            try await shop.call("POST", path + "/notes", token: token, body: body).status
        }
        #expect(try await note(#"{"body":"Thank you!"}"#, ada) == 201)
        #expect(try await note(#"{"kind":"internal","body":"May I?"}"#, ada) == 403)
        #expect(try await note(#"{"kind":"internal","body":"A good customer"}"#, admin.token) == 201)
        #expect(try await shop.call("GET", path + "/notes", token: ada).results().count == 1)
        #expect(try await shop.call("GET", path + "/notes", token: admin.token).results().count == 2)

        let own = try await shop.call("GET", path + "/timeline", token: ada).results()
        #expect(
            own.compactMap { $0["kind"] as? String } == [
                "placed", "confirmed", "shipped", "delivered", "partially_refunded", "refunded", "note_added",
            ]
        )
        #expect(Set(own.compactMap { $0["actor"] as? String }) == ["customer", "shop"])
        let all = try await shop.call("GET", path + "/timeline", token: admin.token).results()
        #expect(all.count == 10)
        #expect(all.contains { $0["actor"] as? String == "admin:\(admin.id)" && $0["kind"] as? String == "shipped" })
        #expect(all.allSatisfy { ($0["trace_id"] as? String)?.count == 32 && $0["created_at"] != nil })
        let page = try await shop.call("GET", path + "/timeline?page=2&page_size=4", token: ada)
        #expect(try page.results().count == 3)
        #expect(try page.json()["count"] as? Int == 7)

        let stranger = try await shop.customer()
        for route in ["", "/tracking", "/timeline", "/events", "/notes"] {
            #expect(try await shop.call("GET", path + route, token: stranger).status == 404, "\(route)")
        }
        #expect(try await shop.call("POST", path + "/cancel", token: stranger).status == 404)
        #expect(try await shop.call("POST", path + "/events/ticket", token: stranger).status == 404)
    }

    /// Both were asked for while both could be: one happens, the other leaves its line in the timeline.
    @Test func ofACancellationAndAShipmentOneWins() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 1)
            let relay = try await shop.start(.relay)
            let api = try await shop.start(.api)
            let worker = try await shop.start(.orders)
            let ada = try await shop.customer()
            let admin = try await shop.person(.admin).token
            let number = try await shop.ordered(variant.id, token: ada, until: "confirmed")
            worker.process.send(SIGTERM)
            #expect(try await worker.process.ended() == 0)

            #expect(try await shop.setStatus(number, "shipped", TestShop.parcel, token: admin).status == 202)
            let body = #"{"reason":"I found a better one"}"#
            #expect(try await shop.call("POST", "/api/orders/\(number)/cancel", token: ada, body: body).status == 202)
            try await shop.running([.orders]) {
                try await eventually("both jobs are done") {
                    try await shop.count("SELECT count(*) FROM order_events WHERE kind NOT IN ('placed', 'confirmed')")
                        == 2
                }
                let status: String = try await shop.pool.query("SELECT status FROM orders")[0].decode(0)
                let kinds = try await shop.call("GET", "/api/orders/\(number)/timeline", token: admin).results()
                    .compactMap { $0["kind"] as? String }
                let left = try await shop.count("SELECT stock_quantity FROM product_variants")
                if status == "shipped" {
                    #expect(kinds.contains("cancellation_refused") && left == 0)
                } else {
                    #expect(status == "cancelled" && kinds.contains("step_refused") && left == 1)
                    let seen = try await shop.call("GET", "/api/orders/\(number)/timeline", token: ada).results()
                    let reason = (seen.last?["detail"] as? [String: Any])?["reason"] as? String
                    #expect(reason == "I found a better one")
                }
                // What the customer asked for twice is done once.
                let again = try await shop.call("POST", "/api/orders/\(number)/cancel", token: ada)
                #expect(again.status == (status == "cancelled" ? 200 : 409))
                #expect(try await shop.variantsOutOfBalance() == [])
            }
            try await api.process.stop()
            try await relay.process.stop()
        }
    }

    /// The last unit comes back: the product is there again, in the list and in the index.
    @Test func aCancelledOrderPutsItsProductBackOnTheShelf() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 2)
            try await shop.running([.relay, .orders, .api]) {
                let ada = try await shop.customer()
                let number = try await shop.ordered(variant.id, quantity: 2, token: ada, until: "confirmed")
                try await eventually("the product is marked") {
                    try await shop.count("SELECT count(*) FROM products WHERE in_stock") == 0
                }
                let rows = "SELECT count(*) FROM order_events WHERE kind = 'cancelled' AND actor LIKE 'user:%'"
                #expect(try await shop.call("POST", "/api/orders/\(number)/cancel", token: ada).status == 202)
                try await eventually("the product is back") {
                    try await shop.count("SELECT count(*) FROM products WHERE in_stock") == 1
                }
                #expect(try await shop.count(PostgresQuery(unsafeSQL: rows)) == 1)
                #expect(try await shop.count("SELECT stock_quantity FROM product_variants") == 2)
                #expect(try await shop.variantsOutOfBalance() == [])
                #expect(
                    try await shop.count(
                        "SELECT count(*) FROM stock_movements WHERE reason = 'cancellation' AND actor_id IS NOT NULL"
                    ) == 1
                )
            }
        }
    }
}
