import Foundation

/// What Stripe answered, and what that means: the decision, without any sending.
struct StripeAnswer {
    private struct Intent: Decodable {
        struct Failure: Decodable {
            let code: String?
            let declineCode: String?

            private enum CodingKeys: String, CodingKey {
                case code
                case declineCode = "decline_code"
            }

            var reason: String { declineCode ?? code ?? "card_declined" }
        }

        let id: String
        let status: String
        let lastPaymentError: Failure?

        private enum CodingKeys: String, CodingKey {
            case id, status
            case lastPaymentError = "last_payment_error"
        }

        /// Source: https://docs.stripe.com/payments/paymentintents/lifecycle
        var verdict: GatewayAnswer.Verdict {
            switch status {
            case "requires_capture", "succeeded": .approved
            case "processing": .pending
            case "canceled": .declined(reason: "canceled")
            case "requires_action": .declined(reason: "authentication_required")
            default: .declined(reason: lastPaymentError?.reason ?? "card_declined")
            }
        }
    }

    private struct Refusal: Decodable {
        struct Cause: Decodable {
            let type: String?
            let code: String?
            let declineCode: String?
            let paymentIntent: Intent?

            private enum CodingKeys: String, CodingKey {
                case type, code
                case declineCode = "decline_code"
                case paymentIntent = "payment_intent"
            }
        }

        let error: Cause
    }

    private enum Content {
        case success(Data)
        case refusal(Refusal.Cause)
    }

    private let content: Content

    /// - Throws: `.transient` for what a later call may get; `.permanent` for what no call gets, in words that hold nothing
    ///   of the request.
    init(status: Int, body: [UInt8]) throws(GatewayError) {
        if (200..<300).contains(status) {
            content = .success(Data(body))
            return
        }
        // 409: the same key is in flight. Of 5xx nobody knows whether it was done: the key finds out.
        if status == 409 || status == 429 || status >= 500 { throw .transient("HTTP \(status)") }
        guard let cause = try? JSONDecoder().decode(Refusal.self, from: Data(body)).error else {
            throw .permanent("HTTP \(status)")
        }
        let word = cause.code ?? cause.type ?? "no code"
        if cause.type == "idempotency_error" { throw .permanent("HTTP \(status), idempotency_error") }
        guard cause.type == "card_error" || cause.paymentIntent != nil else {
            throw .permanent("HTTP \(status), \(word)")
        }
        content = .refusal(cause)
    }

    func authorization() throws(GatewayError) -> GatewayAnswer {
        switch content {
        case .success(let data):
            let intent = try decode(Intent.self, data)
            return GatewayAnswer(intent.verdict, reference: intent.id)
        case .refusal(let cause):
            return GatewayAnswer(
                .declined(reason: cause.declineCode ?? cause.code ?? "card_declined"),
                reference: cause.paymentIntent?.id
            )
        }
    }

    /// Of a capture or a void. One that was done before, and whose key Stripe has forgotten after a day, is refused with the
    /// state that was wanted.
    func settlement(expecting wanted: String) throws(GatewayError) -> GatewayAnswer {
        let intent: Intent
        switch content {
        case .success(let data): intent = try decode(Intent.self, data)
        case .refusal(let cause):
            guard let known = cause.paymentIntent, known.status == wanted else {
                return GatewayAnswer(
                    .declined(reason: cause.declineCode ?? cause.code ?? "refused"),
                    reference: cause.paymentIntent?.id
                )
            }
            intent = known
        }
        if intent.status == wanted { return GatewayAnswer(.approved, reference: intent.id) }
        return GatewayAnswer(
            intent.status == "processing" ? .pending : .declined(reason: intent.status),
            reference: intent.id
        )
    }

    func refund() throws(GatewayError) -> GatewayAnswer {
        struct Refund: Decodable {
            let id: String
            let status: String?
            let failureReason: String?

            private enum CodingKeys: String, CodingKey {
                case id, status
                case failureReason = "failure_reason"
            }
        }
        switch content {
        case .success(let data):
            let refund = try decode(Refund.self, data)
            let hasFailed = refund.status == "failed" || refund.status == "canceled"
            // A pending refund is on its way to the customer's bank.
            return GatewayAnswer(
                hasFailed ? .declined(reason: refund.failureReason ?? "failed") : .approved,
                reference: refund.id
            )
        case .refusal(let cause):
            return GatewayAnswer(.declined(reason: cause.code ?? "refused"), reference: nil)
        }
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ data: Data) throws(GatewayError) -> Value {
        guard let value = try? JSONDecoder().decode(type, from: data) else {
            throw .transient("an answer that is not what was asked for")
        }
        return value
    }
}
