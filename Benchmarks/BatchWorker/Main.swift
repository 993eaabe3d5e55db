import Bootstrap
import Database
import Jobs
import Messages
import Outbox
import Postgres

/// What a batch handler costs, beside the plain one of `worker-orders`: the same messages, the same rows written, but one
/// transaction for up to a hundred jobs.
@main
struct Main {
    static func main() async {
        await Program.run("bench-batch-worker", role: .worker) { parts in
            let handler = ConfirmBatch(database: try await parts.database(), outbox: try await parts.outbox())
            return try await parts.workers(batchHandlers: [handler])
        }
    }
}

/// Idempotent by state: only what this transaction took from pending to confirmed gets its event and its mail.
struct ConfirmBatch: BatchJobHandler {
    let maximumBatch = 100
    let maximumWait = Duration.milliseconds(5)
    let database: Database
    let outbox: OutboxPublisher

    func handle(_ batch: [BatchItem<ProcessOrder>]) async throws -> [Outcome] {
        let keys = Dictionary(
            batch.map { ($0.payload.orderNumber, $0.context.idempotencyKey) },
            uniquingKeysWith: { first, _ in first }
        )
        let committed = try await database.write { transaction in
            let confirmed = try await transaction.query(
                """
                WITH confirmed AS (
                    UPDATE orders SET status = 'confirmed', updated_at = now()
                    WHERE order_number = ANY(\(keys.keys.sorted())) AND status = 'pending' RETURNING id, order_number
                ), event AS (
                    INSERT INTO order_events (order_id, kind, actor) SELECT id, 'confirmed', 'order.process' FROM confirmed
                )
                SELECT order_number FROM confirmed
                """
            )
            let mails = try confirmed.map { row in
                let number = try row.decode(0, as: String.self)
                return try OutboxEntry(
                    SendOrderMail(template: .orderConfirmed, orderNumber: number),
                    idempotencyKey: keys[number] ?? nil,
                    correlationID: number
                )
            }
            if !mails.isEmpty { transaction.enqueue(OutboxStore.insert(mails)) }
            return mails
        }
        outbox.submit(committed.value, lsn: committed.lsn)
        return batch.map { _ in .done }
    }
}
