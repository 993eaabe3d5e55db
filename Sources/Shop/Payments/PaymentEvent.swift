package import Foundation

/// What a gateway tells of a payment without being asked.
package struct PaymentEvent: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case authorized, captured, declined, voided
    }

    package let id: String
    package let kind: Kind
    /// Ours, where the gateway was given it.
    package let paymentID: UUID?
    package let reference: String
    package let reason: String?

    package init(id: String, kind: Kind, paymentID: UUID?, reference: String, reason: String?) {
        self.id = id
        self.kind = kind
        self.paymentID = paymentID
        self.reference = reference
        self.reason = reason
    }
}

extension PaymentEvent {
    /// An event that is none of a payment, or of a kind that the shop makes nothing of.
    package struct Ignored: Error {}

    /// - Throws: ``Ignored``; `DecodingError` for what is no event of Stripe's.
    package init(stripe body: [UInt8]) throws {
        let event = try JSONDecoder().decode(StripeEvent.self, from: Data(body))
        let kind: Kind
        switch event.type {
        case "payment_intent.amount_capturable_updated": kind = .authorized
        case "payment_intent.succeeded": kind = .captured
        case "payment_intent.payment_failed": kind = .declined
        case "payment_intent.canceled": kind = .voided
        default: throw Ignored()
        }
        guard let intent = event.data.object.id else { throw Ignored() }
        self.init(
            id: event.id,
            kind: kind,
            paymentID: event.data.object.metadata?["payment_id"].flatMap(UUID.init(uuidString:)),
            reference: intent,
            reason: event.data.object.lastPaymentError.map { $0.declineCode ?? $0.code ?? "card_declined" }
        )
    }

    private struct StripeEvent: Decodable {
        struct Failure: Decodable {
            let code: String?
            let declineCode: String?

            private enum CodingKeys: String, CodingKey {
                case code
                case declineCode = "decline_code"
            }
        }

        struct Content: Decodable {
            struct Intent: Decodable {
                let id: String?
                let metadata: [String: String]?
                let lastPaymentError: Failure?

                private enum CodingKeys: String, CodingKey {
                    case id, metadata
                    case lastPaymentError = "last_payment_error"
                }
            }

            let object: Intent
        }

        let id: String
        let type: String
        let data: Content
    }
}
