import Foundation
import Jobs
import Messages
import Outbox
package import Postgres

/// What a step of an order asks of its payment: one statement for the step's own transaction, which writes the request and
/// the job that carries it out. The relay publishes that job, so there is nothing to submit. For an order without a payment
/// the statements do nothing.
///
/// Run them behind the step's lock on the order's row.
package enum PaymentRequests {
    /// When an order ships: takes what was authorised, less what was refunded before.
    package static func capture(ofOrder number: String) throws -> PostgresQuery {
        try request(.capture, number, amount: "p.amount - p.refunded_amount", if: "p.status = 'authorized'")
    }

    /// When an order is cancelled: lets go of what is held, or gives back what was taken. Nothing is authorised from here
    /// on.
    package static func void(ofOrder number: String) throws -> PostgresQuery {
        try request(.void, number, amount: "p.amount - p.refunded_amount", if: "p.status NOT IN ('declined', 'voided')")
    }

    /// Gives money back.
    ///
    /// - Parameters:
    ///   - amount: minor units, positive; nil is all that is left.
    ///   - key: the request's own name; repeated, it refunds nothing twice.
    /// - Returns: a statement that answers one row, the amount as a bigint, when there is something to give back. None
    ///   means that the order has no authorised or captured payment, that less than `amount` is left, or that the key
    ///   was used.
    package static func refund(ofOrder number: String, amount: Int64?, key: String) throws -> PostgresQuery {
        let name = "refund-\(number)-\(key)"
        let job = try job(name)
        return """
            WITH payment AS (
                UPDATE payments p SET refunded_amount = p.refunded_amount + asked.amount, updated_at = now()
                FROM orders o, LATERAL (
                    SELECT coalesce(\(amount)::bigint, old.amount - old.refunded_amount) AS amount
                    FROM payments old WHERE old.order_id = o.id
                ) AS asked
                WHERE o.order_number = \(number) AND p.order_id = o.id AND p.status IN ('authorized', 'captured')
                    AND asked.amount > 0 AND p.refunded_amount + asked.amount <= p.amount
                    AND NOT EXISTS (SELECT FROM payment_operations WHERE key = \(name))
                RETURNING p.id, asked.amount
            ), requested AS (
                INSERT INTO payment_operations (key, payment_id, kind, amount, is_behind_capture)
                SELECT \(name), id, 'refund', amount, EXISTS (
                    SELECT FROM payment_operations c WHERE c.payment_id = payment.id AND c.kind = 'capture'
                )
                FROM payment RETURNING amount
            ), job AS (
                \(OutboxStore.insert(job, forEach: "requested"))
            )
            SELECT amount FROM requested
            """
    }

    private enum Kind: String { case capture, void }

    /// One of a kind for each payment: its key says so.
    private static func request(
        _ kind: Kind,
        _ number: String,
        amount: String,
        if condition: String
    ) throws -> PostgresQuery {
        let key = "\(kind.rawValue)-\(number)"
        return """
            WITH requested AS (
                INSERT INTO payment_operations (key, payment_id, kind, amount)
                SELECT \(key), p.id, \(kind.rawValue), \(unsafeSQL: amount)
                FROM payments p JOIN orders o ON o.id = p.order_id
                WHERE o.order_number = \(number) AND \(unsafeSQL: condition)
                ON CONFLICT (key) DO NOTHING RETURNING key
            )
            \(OutboxStore.insert(try job(key), forEach: "requested"))
            """
    }

    /// Due at once, and so the relay's.
    private static func job(_ key: String) throws -> OutboxEntry {
        try OutboxEntry(ProcessPayment(action: .settle, subject: key), availableAt: Date())
    }
}
