package import Database
import Observability
package import Outbox
package import Payments
import Postgres

/// Carries out what a step of an order asked of its payment (`PaymentRequests`): a capture, a void or a refund, with the
/// key under which it was committed. Done twice, the gateway moves no money twice.
package struct SettlePayment: Sendable {
    package enum Result: Equatable, Sendable {
        case done
        /// Something that was asked before is not through yet.
        case notYet
        /// The gateway will not do it: a person has to look.
        case refused(reason: String)
        case noSuchOperation
    }

    private enum Kind: String { case capture, void, refund }

    private let database: Database
    private let gateway: any PaymentGateway
    private let record: RecordPayment

    package init(database: Database, outbox: OutboxPublisher, gateway: any PaymentGateway) {
        self.database = database
        self.gateway = gateway
        record = RecordPayment(database: database, outbox: outbox)
    }

    /// - Throws: `GatewayError`, after which it is as undone as before.
    package func callAsFunction(_ key: String) async throws -> Result {
        let rows = try await database.write([Self.find(key)])
        guard let row = rows[0].first else { return .noSuchOperation }
        // The columns behind the payment's own.
        let (name, amount, isDone): (String, Int64, Bool) = (
            try row.decode(14), try row.decode(15), try row.decode(16)
        )
        guard let kind = Kind(rawValue: name), !isDone else { return .done }
        let payment = try OrderPayment(row)
        switch kind {
        case .capture: return try await capture(payment, amount, key)
        case .void: return try await void(payment, key)
        case .refund:
            let (isCapturing, isBehindCapture): (Bool, Bool) = (try row.decode(17), try row.decode(18))
            if isCapturing { return .notYet }
            return try await refund(payment, amount, key, isBehindCapture: isBehindCapture)
        }
    }

    private func capture(_ payment: OrderPayment, _ amount: Int64, _ key: String) async throws -> Result {
        // Everything may have been refunded before it was taken; then the void is on its way.
        guard payment.status == .authorized, amount > 0, let reference = payment.reference else {
            return try await skip(key)
        }
        let answer = try await gateway.capture(reference, amount: amount, key: key)
        return try await finish(answer, key, payment, as: .captured, "payment_captured")
    }

    private func void(_ payment: OrderPayment, _ key: String) async throws -> Result {
        switch payment.status {
        case .declined, .voided: return try await skip(key)
        case .captured: return try await giveBack(payment, key)
        case .created: return try await finish(Self.nothingToAsk, key, payment, as: .voided, "payment_voided")
        case .authorized, .authorizing, .pending:
            var reference = payment.reference
            if payment.status != .authorized {
                // The gateway was asked, and nobody noted what it answered: the same question tells.
                let answer = try await payment.ask(gateway)
                if case .declined = answer.verdict {
                    return try await finish(Self.nothingToAsk, key, payment, as: .voided, "payment_voided")
                }
                reference = answer.reference
            }
            guard let reference else { return .notYet }
            let answer = try await gateway.void(reference, key: key)
            return try await finish(answer, key, payment, as: .voided, "payment_voided")
        }
    }

    private func refund(
        _ payment: OrderPayment,
        _ amount: Int64,
        _ key: String,
        isBehindCapture: Bool
    ) async throws -> Result {
        guard let reference = payment.reference else { return try await skip(key) }
        switch payment.status {
        // So much less was taken.
        case .captured where !isBehindCapture:
            return try await finish(Self.nothingToAsk, key, payment, as: .captured, "payment_refunded")
        case .captured:
            let answer = try await gateway.refund(reference, amount: amount, key: key)
            return try await finish(answer, key, payment, as: .captured, "payment_refunded")
        // Before it is taken, less will be taken: only where nothing is left there is something to ask.
        case .authorized where payment.refundedAmount < payment.amount:
            return try await finish(Self.nothingToAsk, key, payment, as: .authorized, "payment_refunded")
        case .authorized:
            let answer = try await gateway.void(reference, key: key)
            return try await finish(answer, key, payment, as: .voided, "payment_voided")
        case .created, .authorizing, .pending, .declined, .voided: return try await skip(key)
        }
    }

    /// A cancellation that found the money taken.
    private func giveBack(_ payment: OrderPayment, _ key: String) async throws -> Result {
        let rest = payment.amount - payment.refundedAmount
        guard rest > 0, let reference = payment.reference else { return try await skip(key) }
        let answer = try await gateway.refund(reference, amount: rest, key: key)
        let all: PostgresQuery = "UPDATE payments SET refunded_amount = amount WHERE id = \(payment.id)"
        return try await finish(answer, key, payment, as: .captured, "payment_refunded", behind: [all])
    }

    private static let nothingToAsk = GatewayAnswer(.approved, reference: nil)

    /// The effect and the operation's end in one transaction. Where the payment has changed since it was read, the operation
    /// stays open and is looked at anew.
    private func finish(
        _ answer: GatewayAnswer,
        _ key: String,
        _ payment: OrderPayment,
        as status: OrderPayment.Status,
        _ event: String,
        behind first: [PostgresQuery] = []
    ) async throws -> Result {
        switch answer.verdict {
        case .approved:
            let end: PostgresQuery = """
                UPDATE payment_operations SET is_done = true, done_at = now() WHERE key = \(key) AND EXISTS (
                    SELECT FROM payments WHERE id = \(payment.id) AND status = \(status.rawValue)
                )
                """
            let effect = record.settlement(of: payment, as: status, event: event)
            let answers = try await database.write(first + [effect, end])
            return answers.last?.affectedRows == 1 ? .done : .notYet
        case .pending: return .notYet
        case .declined(let reason): return .refused(reason: reason)
        }
    }

    private func skip(_ key: String) async throws -> Result {
        _ = try await database.write([
            "UPDATE payment_operations SET is_done = true, done_at = now() WHERE key = \(key)"
        ])
        return .done
    }

    private static func find(_ key: String) -> PostgresQuery {
        """
        SELECT \(OrderPayment.columns), op.kind, op.amount, op.is_done, EXISTS (
            SELECT FROM payment_operations c WHERE c.payment_id = p.id AND c.kind = 'capture' AND NOT c.is_done
        ), op.is_behind_capture
        FROM payment_operations op JOIN payments p ON p.id = op.payment_id JOIN orders o ON o.id = p.order_id
        WHERE op.key = \(key)
        """
    }
}
