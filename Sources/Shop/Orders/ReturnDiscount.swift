package import Postgres

/// Gives back the uses of discounts by orders that were cancelled before they were confirmed.
package enum ReturnDiscount {
    /// For the transaction that cancels them, behind the lock on their rows. Orders without a discount are passed over, and
    /// so are those whose use is back already. Discounts are locked by id, behind variants, as a checkout does.
    package static func ofOrders(_ ids: [String]) -> PostgresQuery {
        """
        WITH back AS (
            DELETE FROM discount_redemptions WHERE order_id = ANY(\(ids)::uuid[]) RETURNING discount_id
        ), locked AS MATERIALIZED (
            SELECT id FROM discounts WHERE id IN (SELECT discount_id FROM back) ORDER BY id FOR NO KEY UPDATE
        )
        UPDATE discounts d SET used_count = d.used_count - uses.count
        FROM locked JOIN (
            SELECT discount_id, count(*)::integer AS count FROM back GROUP BY discount_id
        ) AS uses ON uses.discount_id = locked.id
        WHERE d.id = locked.id
        """
    }
}
