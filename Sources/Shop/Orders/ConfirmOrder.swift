package import Database
import Messages
import Observability
package import Outbox
import Postgres

/// Takes an order from pending to confirmed, once: one transaction with the mail job that follows, and with the index
/// jobs of the products that this order emptied.
package struct ConfirmOrder: Sendable {
    package enum Result: Equatable, Sendable {
        case confirmed
        /// An earlier delivery did it, or the order has moved on since.
        case alreadyDecided
        case noSuchOrder
    }

    private let database: Database
    private let outbox: OutboxPublisher

    package init(database: Database, outbox: OutboxPublisher) {
        self.database = database
        self.outbox = outbox
    }

    package func callAsFunction(_ number: String, idempotencyKey: String?) async throws -> Result {
        let committed = try await database.write { transaction in
            try await confirm(number, idempotencyKey, transaction)
        }
        if !committed.value.jobs.isEmpty { outbox.submit(committed.value.jobs, lsn: committed.lsn) }
        return committed.value.result
    }

    private func confirm(
        _ number: String,
        _ idempotencyKey: String?,
        _ transaction: PostgresTransaction
    ) async throws -> (result: Result, jobs: [OutboxEntry]) {
        let answers = try await transaction.pipeline([
            """
            WITH confirmed AS (
                UPDATE orders SET status = 'confirmed', updated_at = now()
                WHERE order_number = \(number) AND status = 'pending' RETURNING id
            ), event AS (
                INSERT INTO order_events (order_id, kind, actor, traceparent)
                SELECT id, 'confirmed', 'order.process', \(TraceContext.current?.traceparent)::text FROM confirmed
            )
            SELECT id FROM confirmed
            """,
            "SELECT status FROM orders WHERE order_number = \(number)",
            StockVisibility.stale(inOrder: number),
        ])
        if answers[1].isEmpty { return (.noSuchOrder, []) }
        if answers[0].isEmpty { return (.alreadyDecided, []) }
        let stale = try answers[2].map { try $0.decode(0, as: Int64.self) }
        let changed = try await StockVisibility.refresh(stale, in: transaction)
        let mail = SendOrderMail(template: .orderConfirmed, orderNumber: number)
        let jobs =
            try [OutboxEntry(mail, idempotencyKey: idempotencyKey, correlationID: number)]
            + changed.map {
                try OutboxEntry(IndexProduct.index($0), idempotencyKey: idempotencyKey, correlationID: number)
            }
        transaction.enqueue(OutboxStore.insert(jobs))
        return (.confirmed, jobs)
    }
}
