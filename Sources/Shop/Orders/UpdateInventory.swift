import Catalog
package import Database
import Jobs
import Messages
package import Outbox
import Postgres

/// Brings the products of an order up to date after it took the last unit of a variant: `products.in_stock`, and the search
/// document. Checkout asks for it, and not for every order, since few empty anything.
///
/// Idempotent by state: it looks at what there is, and a product that already says so is left alone.
package struct UpdateInventory: Sendable {
    private let database: Database
    private let outbox: OutboxPublisher

    package init(database: Database, outbox: OutboxPublisher) {
        self.database = database
        self.outbox = outbox
    }

    /// - Returns: `nil` when there is no such order; otherwise how many products changed.
    package func callAsFunction(_ number: String, idempotencyKey: String?) async throws -> Int? {
        let answer = try await database.primary.query(Self.products(of: number))
        guard let products = try answer.first?.decode(0, as: [Int64].self) else { return nil }
        let committed = try await database.write { transaction in
            let changed = try await StockVisibility.refresh(products, in: transaction)
            let jobs = try changed.map {
                let job = IndexProduct.index($0)
                return try OutboxEntry(
                    job,
                    unique: job.uniqueKey,
                    idempotencyKey: idempotencyKey,
                    correlationID: number
                )
            }
            return (changed.count, try await OutboxStore.add(jobs, to: transaction))
        }
        outbox.submit(committed.value.1, lsn: committed.lsn)
        return committed.value.0
    }

    private static func products(of number: String) -> PostgresQuery {
        """
        SELECT ARRAY(SELECT DISTINCT product_id FROM order_items WHERE order_id = o.id AND product_id IS NOT NULL)
        FROM orders o WHERE order_number = \(number)
        """
    }
}
