import Catalog
import Postgres

/// Gives back what orders took, when they will not be delivered.
enum ReturnStock {
    /// Rows are locked in the house's order: products before variants, each by id. The orders must be locked already, and
    /// be in a state from which they cannot be cancelled again: nothing here looks whether their stock is back already.
    ///
    /// - Parameters:
    ///   - ids: of the orders.
    ///   - reason: `.cancellation`, `.expiry` or `.refund`.
    ///   - actor: the id of the person who did it; `nil` for a job.
    /// - Returns: the products that the stock belongs to, locked, for `StockVisibility.refresh`.
    static func ofOrders(
        _ ids: [String],
        _ reason: StockLedger.Reason,
        actor: Int64? = nil,
        in transaction: PostgresTransaction
    ) async throws -> [Int64] {
        let answers = try await transaction.pipeline([
            """
            SELECT id FROM products
            WHERE id IN (SELECT product_id FROM order_items WHERE order_id = ANY(\(ids)::uuid[]))
            ORDER BY id FOR NO KEY UPDATE
            """,
            """
            SELECT id FROM product_variants
            WHERE id IN (SELECT variant_id FROM order_items WHERE order_id = ANY(\(ids)::uuid[]))
            ORDER BY id FOR NO KEY UPDATE
            """,
            """
            WITH lines AS MATERIALIZED (
                SELECT variant_id, order_id, sum(quantity)::integer AS quantity
                FROM order_items WHERE order_id = ANY(\(ids)::uuid[]) GROUP BY variant_id, order_id
            ), returned AS (
                UPDATE product_variants v SET stock_quantity = v.stock_quantity + back.quantity
                FROM (SELECT variant_id, sum(quantity)::integer AS quantity FROM lines GROUP BY variant_id) AS back
                WHERE v.id = back.variant_id RETURNING v.id
            )
            INSERT INTO stock_movements (variant_id, delta, reason, actor_id, order_id)
            SELECT lines.variant_id, lines.quantity, \(reason.rawValue), \(actor)::bigint, lines.order_id
            FROM lines JOIN returned ON returned.id = lines.variant_id
            """,
        ])
        return try answers[0].map { try $0.decode(0, as: Int64.self) }
    }
}
