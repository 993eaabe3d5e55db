package import Database
import Messages
package import Outbox
import Postgres

/// Changes a stock level by hand: what was delivered, counted, broken or lost.
///
/// One transaction: the level, its line in the ledger, and where the product came into or went out of stock, that and the
/// job by which the search index learns of it. Rows are locked product first, then the variant.
package struct AdjustStock: Sendable {
    package struct Adjusted: Equatable, Sendable {
        package let movement: StockMovement
        /// The level after it.
        package let stockQuantity: Int
    }

    private let database: Database
    private let outbox: OutboxPublisher

    package init(database: Database, outbox: OutboxPublisher) {
        self.database = database
        self.outbox = outbox
    }

    /// - Throws: `CatalogError.variantNotFound`, `.notYours`, `.stockTooLow`, `.stockTooHigh`.
    package func callAsFunction(
        _ adjustment: StockAdjustment,
        ofVariant id: Int64,
        by editor: CatalogEditor
    ) async throws -> Committed<Adjusted> {
        let committed = try await database.write { transaction in
            let (productID, level) = try await lock(id, adjustment, editor, transaction)
            let row = try await transaction.query(Self.move(id, adjustment, editor))[0]
            let changed = try await StockVisibility.refresh([productID], in: transaction)
            let jobs = try changed.map {
                let job = IndexProduct.index($0)
                return try OutboxEntry(job, unique: job.uniqueKey)
            }
            let movement = StockMovement(
                id: try row.decode(0),
                delta: adjustment.delta,
                reason: .adjustment,
                actorID: editor.userID,
                orderNumber: nil,
                note: adjustment.note,
                createdAt: try row.decode(1)
            )
            return (
                Adjusted(movement: movement, stockQuantity: level + adjustment.delta),
                try await OutboxStore.add(jobs, to: transaction)
            )
        }
        outbox.submit(committed.value.1, lsn: committed.lsn)
        return Committed(value: committed.value.0, lsn: committed.lsn)
    }

    private func lock(
        _ id: Int64,
        _ adjustment: StockAdjustment,
        _ editor: CatalogEditor,
        _ transaction: PostgresTransaction
    ) async throws -> (productID: Int64, level: Int) {
        let answers = try await transaction.pipeline([
            """
            SELECT seller_id, status, id FROM products
            WHERE id = (SELECT product_id FROM product_variants WHERE id = \(id)) FOR NO KEY UPDATE
            """,
            "SELECT sku, stock_quantity FROM product_variants WHERE id = \(id) FOR UPDATE",
        ])
        guard let product = answers[0].first, let variant = answers[1].first else { throw CatalogError.variantNotFound }
        try ProductOwner(product).check(editor, orElse: .variantNotFound)
        let (sku, level) = try variant.decode(String.self, Int.self)
        if level + adjustment.delta < 0 {
            throw CatalogError.stockTooLow(sku: sku, available: level, delta: adjustment.delta)
        }
        if level + adjustment.delta > ProductLimits.stock.upperBound { throw CatalogError.stockTooHigh(sku: sku) }
        return (try product.decode(2), level)
    }

    private static func move(_ id: Int64, _ adjustment: StockAdjustment, _ editor: CatalogEditor) -> PostgresQuery {
        """
        WITH changed AS (
            UPDATE product_variants SET stock_quantity = stock_quantity + \(adjustment.delta) WHERE id = \(id)
            RETURNING id, \(adjustment.delta)::integer AS delta
        )
        \(StockLedger.record(.adjustment, actor: editor.userID, note: "\(adjustment.note)::text"))
        RETURNING id, created_at
        """
    }
}
