import Catalog
package import Database
import Jobs
import Messages
import Observability
package import Outbox
import Postgres

/// Brings what is said about an order's products up to date, after it took the last unit of a variant (checkout asks for it
/// then, since few orders empty anything) or gave its stock back: compares the order's lines with the stock ledger, marks which
/// products are there, and has all of them indexed, each once within a time.
///
/// Idempotent by state: it writes what the variants say. A line whose movements do not add up to what the order's state
/// asks for is reported and left alone: whoever changed stock by hand knows the shelf better than this job.
package struct UpdateInventory: Sendable {
    package struct Mismatch: Equatable, Sendable {
        package let sku: String
        /// Units that the ledger should have taken for the order by now.
        package let expected: Int
        package let moved: Int
    }

    private let database: Database
    private let outbox: OutboxPublisher

    package init(database: Database, outbox: OutboxPublisher) {
        self.database = database
        self.outbox = outbox
    }

    /// - Returns: the lines that do not agree with the ledger; `nil` when there is no such order.
    package func callAsFunction(_ number: String, _ cause: StepCause) async throws -> [Mismatch]? {
        let committed = try await database.write { transaction -> ([Mismatch]?, [OutboxEntry]) in
            guard let row = try await transaction.query(LockedOrder.lock(number)).first else { return (nil, []) }
            let order = try LockedOrder(row)
            let answers = try await transaction.pipeline([Self.mismatches(order), Self.products(order)])
            let mismatches = try answers[0].map(Self.decode)
            if !mismatches.isEmpty { transaction.enqueue(Self.report(mismatches, order, cause)) }
            let products = try answers[1].map { try $0.decode(0, as: Int64.self) }
            _ = try await StockVisibility.refresh(products, in: transaction)
            let jobs = try products.map { product in
                let job = IndexProduct.index(product)
                return try OutboxEntry(
                    job,
                    unique: job.uniqueKey,
                    idempotencyKey: cause.idempotencyKey,
                    correlationID: number
                )
            }
            return (mismatches, try await OutboxStore.add(jobs, to: transaction))
        }
        outbox.submit(committed.value.1, lsn: committed.lsn)
        return committed.value.0
    }

    /// An order that stands has taken its lines; one that was cancelled, or refunded before it was shipped, has given
    /// them back. Orders from before the ledger have no movements, and none is expected of them; nor of variants that are
    /// gone.
    private static func mismatches(_ order: LockedOrder) -> PostgresQuery {
        let isReturned = order.status == .cancelled || order.status == .refunded && !order.wasShipped
        return """
            SELECT min(line.sku), (CASE WHEN \(isReturned) THEN 0 ELSE sum(line.quantity) END)::integer, moved.units
            FROM order_items line
            CROSS JOIN LATERAL (
                SELECT coalesce(-sum(delta), 0)::integer AS units FROM stock_movements
                WHERE order_id = line.order_id AND variant_id = line.variant_id
            ) AS moved
            WHERE line.order_id = \(order.id)::uuid AND line.variant_id IS NOT NULL
                AND EXISTS (SELECT FROM stock_movements WHERE order_id = line.order_id)
            GROUP BY line.variant_id, moved.units
            HAVING moved.units <> CASE WHEN \(isReturned) THEN 0 ELSE sum(line.quantity) END
            ORDER BY 1
            """
    }

    private static func products(_ order: LockedOrder) -> PostgresQuery {
        """
        SELECT DISTINCT product_id FROM order_items
        WHERE order_id = \(order.id)::uuid AND product_id IS NOT NULL ORDER BY product_id
        """
    }

    private static func decode(_ row: PostgresRow) throws -> Mismatch {
        Mismatch(sku: try row.decode(0), expected: try row.decode(1), moved: try row.decode(2))
    }

    /// Once for a job, however often it comes.
    private static func report(_ mismatches: [Mismatch], _ order: LockedOrder, _ cause: StepCause) -> PostgresQuery {
        let lines = mismatches.map { "\($0.sku): \($0.expected) expected, \($0.moved) moved" }
        return """
            WITH first AS (\(Inbox.record(cause.jobID, by: ProcessOrder.name)) RETURNING message_id)
            INSERT INTO order_events (order_id, kind, actor, detail, traceparent)
            SELECT \(order.id)::uuid, 'stock_mismatch', \(cause.actor.rawValue),
                \(PostgresJSON(["lines": DetailValue.string(lines.joined(separator: "; "))])),
                \(TraceContext.current?.traceparent)::text
            FROM first
            """
    }
}
