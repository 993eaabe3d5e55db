import Catalog
import Postgres

extension StockVisibility {
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
}
