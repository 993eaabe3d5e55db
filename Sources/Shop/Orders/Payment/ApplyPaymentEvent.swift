package import Database
import Foundation
package import Outbox
import Payments
import Postgres

/// Applies what a gateway told by a webhook, which an inbox holds once. Idempotent by the payment's state, as an answer that
/// says the same may have come first.
package struct ApplyPaymentEvent: Sendable {
    package enum Result: Equatable, Sendable {
        case applied
        /// Not a payment of this shop, or of one that the gateway has for several.
        case noSuchPayment
        case noSuchEvent
    }

    private let database: Database
    private let record: RecordPayment

    package init(database: Database, outbox: OutboxPublisher) {
        self.database = database
        record = RecordPayment(database: database, outbox: outbox)
    }

    package func callAsFunction(_ eventID: String) async throws -> Result {
        let rows = try await database.write([
            "SELECT kind, reference, reason FROM payment_events WHERE event_id = \(eventID)",
            """
            SELECT \(OrderPayment.columns)
            FROM payment_events e JOIN payments p ON p.id = e.payment_id OR p.reference = e.reference
                JOIN orders o ON o.id = p.order_id
            WHERE e.event_id = \(eventID) AND p.gateway = e.gateway
            """,
        ])
        guard let event = rows[0].first else { return .noSuchEvent }
        let (kind, reference, reason) = try event.decode(String.self, String.self, String?.self)
        guard let payment = try rows[1].first.map(OrderPayment.init) else { return .noSuchPayment }
        switch (PaymentEvent.Kind(rawValue: kind), payment.status) {
        case (.authorized, _): try await record.approval(of: payment, reference: reference)
        case (.captured, .authorized):
            _ = try await database.write([record.settlement(of: payment, as: .captured, event: "payment_captured")])
        case (.captured, .authorizing), (.captured, .pending):
            try await record.approval(of: payment, reference: reference)
            return try await self(eventID)
        // An authorisation that nobody captured runs out.
        case (.voided, .authorized):
            _ = try await database.write([record.settlement(of: payment, as: .voided, event: "payment_voided")])
        case (.declined, _), (.voided, _):
            try await record.decline(of: payment, reference: reference, reason: reason ?? kind)
        case (.captured, _), (nil, _): break
        }
        return .applied
    }
}
