package import Database
import Lifecycle
package import Outbox
package import Payments
import Postgres

/// Has an order's payment authorised, and the order confirmed or cancelled by the answer.
///
/// That the gateway may have been asked is committed before it is asked, with a key made of the payment's id. Killed at any
/// moment in between, the next delivery asks the same question with the same key and gets the same answer. The claim and
/// a cancellation look at each other's rows, so an order that is cancelled first is never charged, and one that is cancelled
/// afterwards finds its payment and lets go of it.
package struct AuthorizeOrder: Sendable {
    package enum Result: Equatable, Sendable {
        case approved
        case declined(reason: String)
        case pending(askAgain: Duration)
        /// An earlier delivery or a webhook did it, or the order is not pending any more.
        case alreadyDecided
        case noSuchPayment
    }

    private let database: Database
    private let gateway: any PaymentGateway
    private let record: RecordPayment

    package init(database: Database, outbox: OutboxPublisher, gateway: any PaymentGateway) {
        self.database = database
        self.gateway = gateway
        record = RecordPayment(database: database, outbox: outbox)
    }

    /// - Throws: `GatewayError`, after which the payment is as undecided as before.
    package func callAsFunction(_ number: String) async throws -> Result {
        let claimed = try await database.write([Self.claim(number), Self.exists(number)])
        guard let payment = try claimed[0].first.map(OrderPayment.init) else {
            return claimed[1].isEmpty ? .noSuchPayment : .alreadyDecided
        }
        Failpoint.hit(.paymentBeforeCall)
        let answer = try await payment.ask(gateway)
        Failpoint.hit(.paymentAfterCall)
        switch answer.verdict {
        case .approved:
            try await record.approval(of: payment, reference: answer.reference)
            return .approved
        case .declined(let reason):
            try await record.decline(of: payment, reference: answer.reference, reason: reason)
            return .declined(reason: reason)
        case .pending:
            try await record.pending(payment, reference: answer.reference)
            return .pending(askAgain: Self.wait(age: payment.age))
        }
    }

    /// A webhook tells sooner, and may get lost. Asked again when as much time has passed again, from 5 s to 15 min.
    ///
    /// - Parameter age: of the payment, in seconds.
    static func wait(age: Double) -> Duration { .seconds(min(max(age, 5), 900)) }

    private static func claim(_ number: String) -> PostgresQuery {
        """
        UPDATE payments p SET status = CASE p.status WHEN 'created' THEN 'authorizing' ELSE p.status END, updated_at = now()
        FROM orders o
        WHERE o.order_number = \(number) AND p.order_id = o.id AND o.status = 'pending'
            AND p.status IN ('created', 'authorizing', 'pending')
        RETURNING \(OrderPayment.columns)
        """
    }

    private static func exists(_ number: String) -> PostgresQuery {
        "SELECT FROM payments p JOIN orders o ON o.id = p.order_id WHERE o.order_number = \(number)"
    }
}
