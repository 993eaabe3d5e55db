package import Database
package import Jobs
import Messages
import Observability
package import Outbox
import Postgres

/// Takes an order from pending to confirmed, once, and asks for the mail that says so.
///
/// The usual order is one statement, which changes the state and writes the event, and behind its commit one message.
/// Idempotent by state: a job that comes again finds from the order's events that it was confirmed, whatever has become of
/// it since, and publishes the mail again, under the same id. So the mail's job needs no row in the outbox: this job is
/// only acked when the broker keeps that one.
package struct ConfirmOrder: Sendable {
    package enum Result: Equatable, Sendable {
        case confirmed
        /// An earlier delivery did it, or the order has gone another way, or its payment is not authorised: who authorises it
        /// asks again.
        case alreadyDecided
        case noSuchOrder
    }

    private let database: Database
    private let followUps: FollowUpPublisher

    package init(database: Database, followUps: FollowUpPublisher) {
        self.database = database
        self.followUps = followUps
    }

    /// - Throws: `PostgresError`; `JobPublishError` when the broker may not have the mail's job.
    package func callAsFunction(_ number: String, in context: JobContext) async throws -> Result {
        if try await database.write([Self.confirm(number)])[0].affectedRows == 1 {
            try await publishMail(number, context)
            return .confirmed
        }
        // Whatever is not the usual order is told apart here.
        guard let order = try await database.primary.query(Self.wasConfirmed(number)).first else { return .noSuchOrder }
        if try order.decode(0, as: Bool.self) { try await publishMail(number, context) }
        return .alreadyDecided
    }

    private func publishMail(_ number: String, _ context: JobContext) async throws {
        let mail = SendOrderMail(template: .orderConfirmed, orderNumber: number)
        try await followUps.publish(try context.followUp(mail))
    }

    private static func confirm(_ number: String) -> PostgresQuery {
        """
        WITH confirmed AS (
            UPDATE orders SET status = 'confirmed', updated_at = now()
            WHERE order_number = \(number) AND status = 'pending' AND payment_status NOT IN ('pending', 'declined')
            RETURNING id
        )
        INSERT INTO order_events (order_id, kind, actor, traceparent)
        SELECT id, 'confirmed', 'order.process', \(TraceContext.current?.traceparent)::text FROM confirmed
        """
    }

    /// No row without such an order.
    private static func wasConfirmed(_ number: String) -> PostgresQuery {
        """
        SELECT EXISTS (SELECT FROM order_events WHERE order_id = o.id AND kind = 'confirmed')
        FROM orders o WHERE order_number = \(number)
        """
    }
}
