import Catalog
package import Database
import Jobs
import Messages
import Observability
package import Outbox
import Payments
import Postgres

/// Cancels orders that have been pending too long, gives their stock and their discounts' uses back, and has their payments
/// released.
///
/// A batch is one transaction. Orders that somebody else has locked are left out: whoever confirms one of them at this
/// moment wins, and if that fails, the next run finds it again. Rows are locked in the house's order, orders before
/// products before variants, each by id, so that nobody waits in a circle.
///
/// Orders are read by age from where the last run got to: no index knows the pending ones, since each step of each order
/// would pay for it.
package struct CancelUnconfirmed: Sendable {
    private static let batchSize = 100

    private let database: Database
    private let outbox: OutboxPublisher
    private let didStep: @Sendable (_ orderNumber: String) -> Void

    /// - Parameter didStep: told of each order that was cancelled, after the commit. It must return at once.
    package init(
        database: Database,
        outbox: OutboxPublisher,
        didStep: @escaping @Sendable (_ orderNumber: String) -> Void = { _ in }
    ) {
        self.database = database
        self.outbox = outbox
        self.didStep = didStep
    }

    /// - Parameter hours: how long an order may be pending.
    /// - Returns: how many orders were cancelled.
    package func callAsFunction(pendingHours hours: Int) async throws -> Int {
        var total = 0
        while true {
            try Task.checkCancellation()
            let committed = try await database.write { try await expire(pendingHours: hours, $0) }
            outbox.submit(committed.value.jobs, lsn: committed.lsn)
            committed.value.orders.forEach(didStep)
            total += committed.value.orders.count
            if committed.value.orders.count < Self.batchSize { break }
        }
        _ = try await database.write([Self.advance(pendingHours: hours)])
        return total
    }

    private func expire(
        pendingHours hours: Int,
        _ transaction: PostgresTransaction
    ) async throws -> (orders: [String], jobs: [OutboxEntry]) {
        let cancelled = try await transaction.query(Self.cancel(pendingHours: hours))
        if cancelled.isEmpty { return ([], []) }
        let ids = try cancelled.map { try $0.decode(0, as: String.self) }
        let products = try await ReturnStock.ofOrders(ids, .expiry, in: transaction)
        transaction.enqueue(ReturnDiscount.ofOrders(ids))
        for row in cancelled where try row.decode(3, as: String.self) != Order.PaymentStatus.none.rawValue {
            transaction.enqueue(try PaymentRequests.void(ofOrder: row.decode(1)))
        }
        let changed = try await StockVisibility.refresh(products, in: transaction)
        let mails = try cancelled.map { row in
            let number: String = try row.decode(1)
            return try OutboxEntry(
                SendOrderMail(template: .orderCancelled, orderNumber: number),
                lane: .bulk,
                idempotencyKey: try row.decode(2),
                correlationID: number
            )
        }
        let documents = try changed.map { product in
            let job = IndexProduct.index(product)
            return try OutboxEntry(job, unique: job.uniqueKey)
        }
        let numbers = try cancelled.map { try $0.decode(1, as: String.self) }
        return (numbers, try await OutboxStore.add(mails + documents, to: transaction))
    }

    private static func cancel(pendingHours hours: Int) -> PostgresQuery {
        """
        WITH expired AS MATERIALIZED (
            SELECT id FROM orders
            WHERE status = 'pending' AND created_at < now() - \(hours) * interval '1 hour' AND created_at >= \(reached)
            ORDER BY created_at LIMIT \(batchSize) FOR NO KEY UPDATE SKIP LOCKED
        ), cancelled AS (
            UPDATE orders o SET status = 'cancelled', updated_at = now() FROM expired
            WHERE o.id = expired.id RETURNING o.id, o.order_number, o.idempotency_key, o.payment_status
        ), event AS (
            INSERT INTO order_events (order_id, kind, actor, detail, traceparent)
            SELECT id, 'cancelled', 'orders.expire', jsonb_build_object('reason', 'not confirmed in time'),
                \(TraceContext.current?.traceparent)::text
            FROM cancelled
        )
        SELECT id::text, order_number, idempotency_key, payment_status FROM cancelled
        """
    }

    private static let reached: PostgresQuery = """
        coalesce((SELECT reached FROM maintenance_marks WHERE job = 'orders.expire'), '-infinity')
        """

    /// Notes that nothing older is pending. Where an order was left out because it was locked, the mark stays behind it.
    private static func advance(pendingHours hours: Int) -> PostgresQuery {
        """
        INSERT INTO maintenance_marks AS mark (job, reached)
        SELECT 'orders.expire', coalesce(min(created_at), now() - \(hours) * interval '1 hour') FROM orders
        WHERE status = 'pending' AND created_at < now() - \(hours) * interval '1 hour' AND created_at >= \(reached)
        ON CONFLICT (job) DO UPDATE SET reached = greatest(mark.reached, excluded.reached)
        """
    }
}
