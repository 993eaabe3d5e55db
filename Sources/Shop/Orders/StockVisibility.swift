import Postgres

/// `products.in_stock` repeats what the variants say, for the list and for search. Orders change variants only, so that
/// two orders for one product never wait for its row; the confirm job brings the product's row up to date.
enum StockVisibility {
    /// The products of the order `o` of which it, or another, took the last unit of a variant, and whose `in_stock` is not
    /// what their variants say: a subquery.
    static let staleInOrder: PostgresQuery = """
        SELECT p.id FROM order_items i
        JOIN product_variants taken ON taken.id = i.variant_id AND taken.stock_quantity = 0
        JOIN products p ON p.id = taken.product_id
        WHERE i.order_id = o.id AND p.in_stock <> EXISTS (
            SELECT FROM product_variants v WHERE v.product_id = p.id AND v.stock_quantity > 0
        )
        """

    /// Locks the products in id order and then, with a snapshot of its own that nobody can outrun, corrects those that
    /// are still wrong. Without the lock, a seller's restocking between reading and writing would be overwritten.
    ///
    /// - Returns: the products whose row changed.
    static func refresh(_ ids: [Int64], in transaction: PostgresTransaction) async throws -> [Int64] {
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
