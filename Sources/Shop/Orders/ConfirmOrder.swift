import Catalog
package import Database
import Jobs
import Messages
import Observability
package import Outbox
import Postgres

/// Takes an order from pending to confirmed, once, in one statement: the change of state, its event, and the mail job that
/// follows. Then, in a transaction of its own that is rarely needed, the products that this order emptied are marked.
///
/// Both steps are idempotent by state, and a repeated job takes both: killed between them, the second is still done.
package struct ConfirmOrder: Sendable {
    package enum Result: Equatable, Sendable {
        case confirmed
        /// An earlier delivery did it, or the order has moved on since, or its payment is not authorised: who authorises it
        /// asks again.
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
        let mail = try OutboxEntry(
            SendOrderMail(template: .orderConfirmed, orderNumber: number),
            idempotencyKey: idempotencyKey,
            correlationID: number
        )
        let answer = try await database.write([Self.confirm(number, mail)])
        guard let row = answer[0].first else { return .noSuchOrder }
        let (isConfirmed, stale) = try row.decode(Bool.self, [Int64].self)
        if isConfirmed { outbox.submit([mail]) }
        if !stale.isEmpty { try await markEmptied(stale, by: number, idempotencyKey: idempotencyKey) }
        return isConfirmed ? .confirmed : .alreadyDecided
    }

    /// No row without such an order; otherwise whether this confirmed it, and its products whose `in_stock` is not true.
    private static func confirm(_ number: String, _ mail: OutboxEntry) -> PostgresQuery {
        """
        WITH confirmed AS (
            UPDATE orders SET status = 'confirmed', updated_at = now()
            WHERE order_number = \(number) AND status = 'pending' AND payment_status NOT IN ('pending', 'declined')
            RETURNING id
        ), event AS (
            INSERT INTO order_events (order_id, kind, actor, traceparent)
            SELECT id, 'confirmed', 'order.process', \(TraceContext.current?.traceparent)::text FROM confirmed
        ), mail AS (
            \(OutboxStore.insert(mail, forEach: "confirmed"))
        )
        SELECT EXISTS (SELECT FROM confirmed), ARRAY(\(StockVisibility.staleInOrder))
        FROM orders o WHERE o.order_number = \(number)
        """
    }

    private func markEmptied(_ products: [Int64], by number: String, idempotencyKey: String?) async throws {
        let committed = try await database.write { transaction in
            let jobs = try await StockVisibility.refresh(products, in: transaction).map {
                let job = IndexProduct.index($0)
                return try OutboxEntry(
                    job,
                    unique: job.uniqueKey,
                    idempotencyKey: idempotencyKey,
                    correlationID: number
                )
            }
            return try await OutboxStore.add(jobs, to: transaction)
        }
        outbox.submit(committed.value, lsn: committed.lsn)
    }
}
