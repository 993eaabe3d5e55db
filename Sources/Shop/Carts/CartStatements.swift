import Foundation
import Postgres

/// The statements of a cart. Each names its user, whatever the database's own policies would let through.
enum CartStatements {
    /// Changes of one cart go one after another; its lines are locked by nothing else.
    static func lock(_ userID: Int64) -> PostgresQuery {
        "SELECT pg_advisory_xact_lock(hashtextextended(\("cart \(userID)"), 0))"
    }

    /// Lines whose variant is not for sale have no columns but their own.
    static func read(_ userID: Int64) -> PostgresQuery {
        """
        SELECT i.variant_id, i.quantity, i.price_amount, i.added_at, p.id IS NOT NULL, v.sku, v.name, p.slug, p.name,
            v.attributes, p.primary_image_url, v.price_amount, p.currency, v.stock_quantity
        FROM cart_items i
        LEFT JOIN product_variants v ON v.id = i.variant_id
        LEFT JOIN products p ON p.id = v.product_id AND p.status = 'active'
        WHERE i.user_id = \(userID) ORDER BY i.added_at, i.variant_id
        """
    }

    /// Writes the line where that is allowed, and answers the facts by which `CartFacts.check` says why it is not. No row:
    /// the variant is not for sale.
    static func put(_ change: CartChange, _ variantID: Int64, _ userID: Int64) -> PostgresQuery {
        let (quantity, isAddition) = change.parts
        return """
            WITH facts AS MATERIALIZED (
                SELECT v.id, v.sku, v.stock_quantity, v.price_amount, p.currency, line.quantity AS line_quantity,
                    (SELECT count(*) FROM cart_items WHERE user_id = \(userID)) AS lines,
                    (SELECT others.currency FROM cart_items i
                     JOIN product_variants ov ON ov.id = i.variant_id
                     JOIN products others ON others.id = ov.product_id AND others.status = 'active'
                     WHERE i.user_id = \(userID) AND i.variant_id <> v.id ORDER BY i.added_at, i.variant_id LIMIT 1
                    ) AS cart_currency,
                    CASE WHEN \(isAddition)::boolean THEN coalesce(line.quantity, 0) ELSE 0 END + \(quantity)::integer
                        AS wanted
                FROM product_variants v JOIN products p ON p.id = v.product_id
                LEFT JOIN cart_items line ON line.user_id = \(userID) AND line.variant_id = v.id
                WHERE v.id = \(variantID) AND p.status = 'active'
            ), written AS (
                INSERT INTO cart_items (user_id, variant_id, quantity, price_amount)
                SELECT \(userID)::bigint, id, wanted, price_amount FROM facts
                WHERE wanted <= least(stock_quantity, \(CartLimits.quantity.upperBound)::integer)
                    AND currency = coalesce(cart_currency, currency)
                    AND (line_quantity IS NOT NULL OR \(isAddition)::boolean AND lines < \(CartLimits.lines)::integer)
                ON CONFLICT (user_id, variant_id) DO UPDATE
                SET quantity = excluded.quantity, price_amount = excluded.price_amount, updated_at = now()
                RETURNING variant_id
            )
            SELECT sku, stock_quantity, currency, line_quantity, lines, cart_currency, EXISTS (SELECT FROM written)
            FROM facts
            """
    }

    static func remove(_ variantID: Int64, _ userID: Int64) -> PostgresQuery {
        "DELETE FROM cart_items WHERE user_id = \(userID) AND variant_id = \(variantID)"
    }

    static func empty(_ userID: Int64) -> PostgresQuery { "DELETE FROM cart_items WHERE user_id = \(userID)" }

    static func decode(_ row: PostgresRow) throws -> CartLine {
        let isForSale: Bool = try row.decode(4)
        return CartLine(
            variantID: try row.decode(0),
            quantity: try row.decode(1),
            shownPriceAmount: try row.decode(2),
            addedAt: try row.decode(3),
            offer: isForSale ? try offer(row) : nil
        )
    }

    private static func offer(_ row: PostgresRow) throws -> CartLine.Offer {
        let attributes: PostgresJSON<[String: String]> = try row.decode(9)
        return CartLine.Offer(
            sku: try row.decode(5),
            variantName: try row.decode(6),
            productSlug: try row.decode(7),
            productName: try row.decode(8),
            attributes: attributes.value,
            primaryImageURL: try row.decode(10),
            priceAmount: try row.decode(11),
            currency: try row.decode(12),
            stockQuantity: try row.decode(13)
        )
    }
}

extension CartChange {
    fileprivate var parts: (quantity: Int, isAddition: Bool) {
        switch self {
        case .add(let quantity): (quantity, true)
        case .set(let quantity): (quantity, false)
        }
    }
}
