import HTTPClient
import Payments
import Testing

/// The Stripe gateway against a server of Stripe's shape.
@Suite(.timeLimit(.minutes(2))) struct StripeGatewayTests {
    private let client = HTTPClient()

    private func request(_ method: String, amount: Int64 = 1_250) -> AuthorizationRequest {
        AuthorizationRequest(
            paymentID: "0193b6f0-0000-7000-8000-000000000001",
            orderNumber: "W-261121-7K3MX9QD",
            token: method,
            amount: amount,
            currency: "EUR"
        )
    }

    @Test func aPaymentIsHeldTakenAndGivenBack() async throws {
        defer { client.shutdown() }
        let double = try StripeDouble()
        let gateway = StripeGateway(client: client, url: double.url + "/", apiKey: "sk_test_1")
        try await gateway.check()

        let held = try await gateway.authorize(request("pm_ok"), key: "authorize-1")
        #expect(held == GatewayAnswer(.approved, reference: "pi_1"))
        #expect(try await gateway.authorization("pi_1") == held)
        #expect(try await gateway.capture("pi_1", amount: 1_000, key: "capture-1").verdict == .approved)
        #expect(try await gateway.refund("pi_1", amount: 400, key: "refund-1").verdict == .approved)

        let requests = try await double.requests(client)
        let first = try #require(requests.first)
        #expect(first.method == "POST")
        #expect(first.path == "/v1/payment_intents")
        #expect(first.headers["authorization"] == "Bearer sk_test_1")
        #expect(first.headers["idempotency-key"] == "authorize-1")
        #expect(first.headers["stripe-version"] == "2024-06-20")
        #expect(first.headers["content-type"] == "application/x-www-form-urlencoded")
        #expect(
            first.form == [
                "amount": "1250", "currency": "eur", "payment_method": "pm_ok", "payment_method_types[]": "card",
                "capture_method": "manual", "confirm": "true", "error_on_requires_action": "true",
                "metadata[payment_id]": "0193b6f0-0000-7000-8000-000000000001",
                "metadata[order_number]": "W-261121-7K3MX9QD",
            ]
        )
        #expect(
            requests.map(\.path) == [
                "/v1/payment_intents", "/v1/payment_intents/pi_1", "/v1/payment_intents/pi_1/capture", "/v1/refunds",
            ]
        )
        #expect(requests[2].form == ["amount_to_capture": "1000"])
        #expect(requests[3].form == ["payment_intent": "pi_1", "amount": "400"])
    }

    @Test func whatIsHeldIsLetGoOf() async throws {
        defer { client.shutdown() }
        let double = try StripeDouble()
        let gateway = StripeGateway(client: client, url: double.url, apiKey: "sk_test_1")
        _ = try await gateway.authorize(request("pm_ok"), key: "a")
        #expect(try await gateway.void("pi_1", key: "v").verdict == .approved)
        // With a key that Stripe has forgotten, the state tells.
        #expect(try await gateway.void("pi_1", key: "v2").verdict == .approved)
        #expect(try await gateway.capture("pi_1", amount: 1, key: "c").verdict != .approved)
        await #expect(throws: GatewayError.permanent("HTTP 400, charge_not_captured")) {
            try await gateway.refund("pi_1", amount: 1, key: "r")
        }
    }

    @Test func refusalsAndDelaysAreTold() async throws {
        defer { client.shutdown() }
        let double = try StripeDouble()
        let gateway = StripeGateway(client: client, url: double.url, apiKey: "sk_test_1")
        let declined = try await gateway.authorize(request("pm_no"), key: "a")
        #expect(declined == GatewayAnswer(.declined(reason: "lost_card"), reference: "pi_1"))
        #expect(try await gateway.authorize(request("pm_later"), key: "b").verdict == .pending)
        let action = try await gateway.authorize(request("pm_action"), key: "c").verdict
        #expect(action == .declined(reason: "authentication_required"))
        await #expect(throws: GatewayError.permanent("HTTP 400, idempotency_error")) {
            try await gateway.authorize(request("pm_ok", amount: 1), key: "a")
        }
        let stranger = StripeGateway(client: client, url: double.url, apiKey: "sk_test_2")
        await #expect(throws: GatewayError.permanent("HTTP 401, invalid_request_error")) {
            try await stranger.authorize(request("pm_ok"), key: "d")
        }
    }

    /// The connection breaks behind the charge: the same key finds it.
    @Test func anAnswerThatGotLostIsAskedForAgain() async throws {
        defer { client.shutdown() }
        let double = try StripeDouble()
        let gateway = StripeGateway(client: client, url: double.url, apiKey: "sk_test_1")
        do {
            _ = try await gateway.authorize(request("pm_lost"), key: "a")
            Issue.record("a connection that broke gave an answer")
        } catch GatewayError.transient {}
        let answer = try await gateway.authorize(request("pm_lost"), key: "a")
        #expect(answer == GatewayAnswer(.approved, reference: "pi_1"))
    }
}
