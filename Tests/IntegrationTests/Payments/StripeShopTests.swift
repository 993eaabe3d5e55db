import Crypto
import Foundation
import HTTPClient
import Payments
import Postgres
import TestSupport
import Testing

/// A shop that is paid by Stripe: webhooks, and what happens while the gateway is down.
@Suite struct StripeShopTests {
    private static let secret = "whsec_test"

    private func settings(_ url: String) -> [String: String] {
        [
            "PAYMENT_GATEWAY": "stripe", "STRIPE_URL": url, "STRIPE_API_KEY": "sk_test_1",
            "STRIPE_WEBHOOK_SECRET": Self.secret,
        ]
    }

    private func order(_ method: String?, _ variant: Int64, _ shop: TestShop, token: String) async throws
        -> HTTPResponse
    {
        let payment = method.map { #""payment":{"method":"card","token":"\#($0)"},"# } ?? ""
        let body =
            #"{"items":[{"variant_id":"\#(variant)","quantity":1}],\#(payment)"#
            + #""shipping_address":{"line1":"1 Quay","city":"Hull","postal_code":"HU1","country":"GB"}}"#
        return try await shop.call("POST", "/api/orders", token: token, body: body)
    }

    private func event(_ id: String, _ type: String, reference: String = "pi_1") -> String {
        #"{"id":"\#(id)","object":"event","type":"\#(type)","data":{"object":{"id":"\#(reference)","metadata":{}}}}"#
    }

    private func send(
        _ body: String,
        _ shop: TestShop,
        age: Int64 = 0,
        secret: String = Self.secret
    ) async throws -> Int {
        let time = Int64(Date().timeIntervalSince1970) - age
        let signature = StripeSignature.sign(Array(body.utf8), at: time, secret: secret)
        let digits = signature.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return try await shop.client.send(
            HTTPRequest(
                method: "POST",
                url: shop.apiURL + "/api/payments/stripe/webhook",
                headers: [("Content-Type", "application/json"), ("Stripe-Signature", "t=\(time),v1=\(digits)")],
                body: Array(body.utf8)
            )
        ).status
    }

    private func becomes(_ wanted: String, _ order: HTTPResponse, _ shop: TestShop, token: String) async throws {
        let number = try #require(try order.json()["order_number"] as? String)
        try await eventually("the order is \(wanted)", within: .seconds(90)) {
            let order = try await shop.call("GET", "/api/orders/\(number)", token: token).json()
            return "\(order["status"] ?? "") \(order["payment_status"] ?? "")" == wanted
        }
    }

    @Test func aWebhookDecidesWhatWasPending() async throws {
        try await TestShop.with { shop in
            let double = try StripeDouble()
            let variant = try await shop.variant(stock: 10)
            let api = try await shop.start(.api, settings(double.url))
            let relay = try await shop.start(.relay)
            let orders = try await shop.start(.orders, settings(double.url))
            let token = try await shop.customer()

            // A card's number goes nowhere.
            let number = try await order("4242424242424242", variant.id, shop, token: token)
            #expect(number.status == 422)
            #expect(!String(decoding: number.body, as: UTF8.self).contains("4242"))

            let placed = try await order("pm_later", variant.id, shop, token: token)
            #expect(placed.status == 201)
            try await eventually("the payment is pending", within: .seconds(60)) {
                try await shop.count("SELECT count(*) FROM payments WHERE status = 'pending' AND reference = 'pi_1'")
                    == 1
            }

            let approval = event("evt_1", "payment_intent.amount_capturable_updated")
            #expect(try await send(approval, shop, secret: "whsec_forged") == 400)
            #expect(try await send(approval, shop, age: 301) == 400)
            #expect(try await send("{}", shop) == 400)
            #expect(try await shop.call("POST", "/api/payments/stripe/webhook", body: approval).status == 400)
            #expect(try await send(event("evt_0", "customer.created"), shop) == 200)
            #expect(try await shop.count("SELECT count(*) FROM payment_events") == 0)

            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 1...5 { group.addTask { try await self.send(approval, shop) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses == [200, 200, 200, 200, 200])
            try await becomes("confirmed authorized", placed, shop, token: token)
            #expect(try await shop.count("SELECT count(*) FROM payment_events") == 1)
            #expect(try await shop.count("SELECT count(*) FROM order_events WHERE kind = 'payment_authorized'") == 1)

            // What Stripe tells beside: it was taken by hand, and an authorisation of another order ran out.
            #expect(try await send(event("evt_2", "payment_intent.succeeded"), shop) == 200)
            try await becomes("confirmed paid", placed, shop, token: token)
            let lost = try await order("pm_ok", variant.id, shop, token: token)
            try await becomes("confirmed authorized", lost, shop, token: token)
            #expect(try await send(event("evt_3", "payment_intent.canceled", reference: "pi_2"), shop) == 200)
            try await becomes("confirmed voided", lost, shop, token: token)
            for program in [orders, relay, api] { try await program.process.stop() }
            // Nobody's log has a card, a token or a secret.
            for secret in ["4242424242424242", "pm_later", "pm_ok", "sk_test_1", Self.secret] {
                for program in [orders, relay, api] { #expect(!program.process.output.contains(secret)) }
            }
        }
    }

    @Test func aGatewayThatIsDownHoldsUpPaymentsAlone() async throws {
        try await TestShop.with { shop in
            let port = try freePort()
            let settings = settings("http://127.0.0.1:\(port)")
            let variant = try await shop.variant(stock: 20)
            let api = try await shop.start(.api, settings)
            let relay = try await shop.start(.relay)
            let orders = try await shop.start(.orders, settings)
            let token = try await shop.customer()
            var paid: [HTTPResponse] = []
            for _ in 1...6 { paid.append(try await order("pm_ok", variant.id, shop, token: token)) }
            try await eventually("the payments' queue is not worked", within: .seconds(60)) {
                try await shop.metrics(orders)["circuit_open{dependency=\"payments\"}"] == 1
            }
            // The others go on.
            let unpaid = try await order(nil, variant.id, shop, token: token)
            try await becomes("confirmed none", unpaid, shop, token: token)
            #expect(try await shop.count("SELECT count(*) FROM orders WHERE status = 'pending'") == 6)

            let double = try StripeDouble(port: port)
            for order in paid { try await becomes("confirmed authorized", order, shop, token: token) }
            #expect(try await shop.depth("payment.process.dead") == 0)
            let charges = try await double.requests(shop.client).filter { $0.path == "/v1/payment_intents" }
            #expect(Set(charges.compactMap { $0.form["metadata[order_number]"] }).count == 6)
            for program in [orders, relay, api] { try await program.process.stop() }
        }
    }
}
