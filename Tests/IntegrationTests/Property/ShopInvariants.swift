import Foundation
import Postgres
import TestSupport

/// What has to hold of a shop at rest, whatever has happened to it. Each question names the rows that break it.
struct ShopInvariants {
    let shop: TestShop

    /// - Returns: what is broken, a line each.
    func violations() async throws -> [String] {
        var broken: [String] = []
        for (name, query) in Self.questions {
            broken += try await shop.pool.query(query).map { "\(name): \(try $0.decode(0, as: String.self))" }
        }
        broken += try await forbiddenEdges() + mailsNotOnce()
        broken += try await shop.variantsOutOfBalance().map { "ledger: variant \($0)" }
        return broken
    }

    private static let questions: [(String, PostgresQuery)] = [
        ("negative stock", "SELECT sku FROM product_variants WHERE stock_quantity < 0"),
        (
            "amounts do not add up",
            """
            SELECT o.order_number FROM orders o JOIN (
                SELECT order_id, sum(total_amount) AS total, sum(discount_amount) AS discount
                FROM order_items GROUP BY order_id
            ) i ON i.order_id = o.id
            WHERE o.total_amount <> o.subtotal_amount + o.tax_amount + o.shipping_amount - o.discount_amount
                OR o.subtotal_amount <> i.total OR o.discount_amount < i.discount
            """
        ),
        (
            "refunds do not add up",
            """
            SELECT o.order_number FROM orders o LEFT JOIN (
                SELECT order_id, sum(amount) FILTER (WHERE status = 'done') AS done,
                    count(*) FILTER (WHERE status = 'requested') AS open
                FROM order_refunds GROUP BY order_id
            ) r ON r.order_id = o.id
            WHERE o.refunded_amount <> coalesce(r.done, 0) OR o.refunded_amount > o.total_amount OR r.open > 0
                OR (o.status = 'refunded') <> (coalesce(r.done, 0) = o.total_amount AND o.refunded_amount > 0)
            """
        ),
        (
            "a payment gave back more than it took",
            """
            SELECT o.order_number FROM payments p JOIN orders o ON o.id = p.order_id
            WHERE p.refunded_amount > p.amount OR p.amount <> o.total_amount
                OR o.status NOT IN ('cancelled', 'pending') AND p.refunded_amount <> o.refunded_amount
            """
        ),
        (
            "the gateway moved other amounts than the books say",
            """
            SELECT o.order_number || ' ' || p.status || ' ' || moved.amount
            FROM payments p JOIN orders o ON o.id = p.order_id
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(CASE operation WHEN 'capture' THEN amount WHEN 'refund' THEN -amount ELSE 0 END), 0)
                FROM test_gateway_calls WHERE reference = p.reference
            ) AS moved (amount)
            WHERE moved.amount <> CASE p.status WHEN 'captured' THEN p.amount - p.refunded_amount ELSE 0 END
            """
        ),
        (
            "money is asked for of an order that goes nowhere",
            """
            SELECT o.order_number FROM payments p JOIN orders o ON o.id = p.order_id
            WHERE o.status = 'cancelled' AND p.status IN ('created', 'authorizing', 'pending', 'authorized')
            """
        ),
        (
            "an operation on a payment is open",
            "SELECT key FROM payment_operations WHERE NOT is_done"
        ),
        (
            "a code was used too often",
            """
            SELECT d.code FROM discounts d LEFT JOIN (
                SELECT discount_id, count(*) AS used FROM discount_redemptions GROUP BY discount_id
            ) r ON r.discount_id = d.id
            WHERE coalesce(r.used, 0) > d.usage_limit OR d.used_count <> coalesce(r.used, 0)
            """
        ),
        (
            "a code was used too often by one customer",
            """
            SELECT d.code || ' ' || r.user_id FROM discount_redemptions r JOIN discounts d ON d.id = r.discount_id
            GROUP BY d.id, r.user_id HAVING count(*) > d.customer_limit
            """
        ),
        (
            "an order's stock is not where its state says",
            """
            SELECT o.order_number FROM orders o JOIN order_items i ON i.order_id = o.id
            LEFT JOIN LATERAL (
                SELECT -sum(delta) AS units FROM stock_movements m
                WHERE m.order_id = o.id AND m.variant_id = i.variant_id
            ) moved ON true
            WHERE coalesce(moved.units, 0) <> CASE
                WHEN o.status = 'cancelled' OR o.status = 'refunded' AND o.shipped_at IS NULL THEN 0 ELSE i.quantity END
            """
        ),
        ("a job was given up", "SELECT job_name || ' ' || last_error FROM outbox WHERE last_error IS NOT NULL"),
    ]

    /// The states of every timeline, in the order of their events: each follows from the one before by an edge.
    private func forbiddenEdges() async throws -> [String] {
        try await shop.pool.query(
            """
            WITH step AS (
                SELECT order_id, id, CASE kind WHEN 'placed' THEN 'pending' ELSE kind END AS state
                FROM order_events
                WHERE kind IN ('placed', 'confirmed', 'shipped', 'delivered', 'cancelled', 'refunded')
            ), edge AS (
                SELECT order_id, lag(state) OVER way AS before, state, lead(state) OVER way AS next
                FROM step WINDOW way AS (PARTITION BY order_id ORDER BY id)
            )
            SELECT o.order_number || ': ' || coalesce(edge.before, 'nothing') || ' to ' || edge.state
            FROM edge JOIN orders o ON o.id = edge.order_id
            WHERE (coalesce(edge.before, ''), edge.state) NOT IN (
                    ('', 'pending'), ('pending', 'confirmed'), ('confirmed', 'shipped'), ('shipped', 'delivered'),
                    ('pending', 'cancelled'), ('confirmed', 'cancelled'), ('confirmed', 'refunded'),
                    ('shipped', 'refunded'), ('delivered', 'refunded'))
                OR edge.next IS NULL AND edge.state <> o.status
            UNION ALL
            SELECT order_number || ' has no timeline' FROM orders o
            WHERE NOT EXISTS (SELECT FROM order_events e WHERE e.order_id = o.id AND e.kind = 'placed')
            """
        ).map { "edge: \(try $0.decode(0, as: String.self))" }
    }

    /// One mail for each thing that has one, in the mail server's hands and not only in our books.
    private func mailsNotOnce() async throws -> [String] {
        let expected = try await shop.pool.query(
            """
            SELECT CASE e.kind WHEN 'placed' THEN 'order_placed' WHEN 'partially_refunded' THEN 'order_refunded'
                    WHEN 'cancelled' THEN CASE o.payment_status
                        WHEN 'declined' THEN 'payment_failed' ELSE 'order_cancelled' END
                    ELSE 'order_' || e.kind END || '.' || o.order_number || coalesce('.' || (e.detail ->> 'refund_id'), '')
            FROM order_events e JOIN orders o ON o.id = e.order_id
            WHERE e.kind IN ('placed', 'confirmed', 'shipped', 'delivered', 'cancelled', 'refunded', 'partially_refunded')
            """
        ).map { try $0.decode(0, as: String.self) }
        let sent = try shop.mail.mails().map { String($0.id.dropFirst().prefix { $0 != "@" }) }
        let twice = Dictionary(grouping: sent, by: \.self).filter { $0.value.count > 1 }.keys
        return twice.map { "mail sent more than once: \($0)" }
            + Set(expected).subtracting(sent).map { "mail not sent: \($0)" }
            + Set(sent).subtracting(expected).map { "mail that nobody asked for: \($0)" }
    }
}
