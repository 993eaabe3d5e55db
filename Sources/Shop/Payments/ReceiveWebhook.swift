package import Database
package import Foundation
import Jobs
import Messages
package import Outbox
import Postgres

/// Takes in what Stripe tells by its webhook: checks whose it is, keeps it once, and leaves the rest to a job, so that
/// Stripe has its answer at once and sends nothing twice for want of one.
package struct ReceiveWebhook: Sendable {
    /// Not Stripe's, or an old one: a 400.
    package struct Refused: Error {}

    private let database: Database
    private let outbox: OutboxPublisher
    private let secret: String
    private let now: @Sendable () -> Date

    package init(
        database: Database,
        outbox: OutboxPublisher,
        secret: String,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.database = database
        self.outbox = outbox
        self.secret = secret
        self.now = now
    }

    /// - Parameters:
    ///   - signature: the header `Stripe-Signature`.
    ///   - body: as it came, byte for byte.
    /// - Throws: ``Refused``.
    package func callAsFunction(signature: String, body: [UInt8]) async throws {
        guard StripeSignature.isValid(signature, body: body, secret: secret, now: now()) else {
            throw Refused()
        }
        let event: PaymentEvent
        do {
            event = try PaymentEvent(stripe: body)
        } catch is PaymentEvent.Ignored {
            return
        } catch {
            throw Refused()
        }
        let job = try OutboxEntry(ProcessPayment(action: .event, subject: event.id), correlationID: event.reference)
        let answer = try await database.write([
            """
            WITH received AS (
                INSERT INTO payment_events (gateway, event_id, kind, payment_id, reference, reason)
                VALUES (\(GatewayName.stripe.rawValue), \(event.id), \(event.kind.rawValue), \(event.paymentID),
                    \(event.reference), \(event.reason))
                ON CONFLICT DO NOTHING RETURNING event_id
            ), job AS (
                \(OutboxStore.insert(job, forEach: "received"))
            )
            SELECT event_id FROM received
            """
        ])
        // Stripe delivers at least once: the second time there is nothing to do.
        if !answer[0].isEmpty { outbox.submit([job]) }
    }
}
