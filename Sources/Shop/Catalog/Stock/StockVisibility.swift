package import Postgres

/// `products.in_stock` repeats what the variants say, for the list and for search. Orders change variants only, so that
/// two orders for one product never wait for its row; a job of the order that took a variant's last unit brings the product's
/// row up to date.
package enum StockVisibility {
    /// Locks the products in id order and then, with a snapshot of its own that nobody can outrun, corrects those that
    /// are still wrong. Without the lock, a seller's restocking between reading and writing would be overwritten.
    ///
    /// - Returns: the products whose row changed: each needs a `search.index_product` job.
    package static func refresh(_ ids: [Int64], in transaction: PostgresTransaction) async throws -> [Int64] {
        if ids.isEmpty { return [] }
        let answers = try await transaction.pipeline([
            "SELECT id FROM products WHERE id = ANY(\(ids)::bigint[]) ORDER BY id FOR NO KEY UPDATE",
            """
            UPDATE products p
            SET in_stock = NOT in_stock, version = version + 1, updated_at = now()
            WHERE p.id = ANY(\(ids)::bigint[]) AND p.in_stock <> EXISTS (
                SELECT FROM product_variants v WHERE v.product_id = p.id AND v.stock_quantity > 0
            )
            RETURNING p.id
            """,
        ])
        return try answers[1].map { try $0.decode(0, as: Int64.self) }
    }
}
