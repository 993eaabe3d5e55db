import Accounts
import Catalog
import Foundation
import Idempotency
import Jobs
import Observability
import Payments
import Postgres

/// The statements that write a new order.
enum OrderStatements {
    static func place(
        _ order: Order,
        _ checkout: Checkout,
        _ request: OrderRequest,
        key: IdempotencyKey
    ) -> [PostgresQuery] {
        let id = UUIDv7().uuid
        let lines = checkout.lines
        return [
            """
            WITH changed AS (
                UPDATE product_variants v SET stock_quantity = v.stock_quantity - taken.quantity
                FROM unnest(\(lines.map(\.variant.id))::bigint[], \(lines.map(\.item.quantity))::integer[])
                    AS taken (id, quantity)
                WHERE v.id = taken.id
                RETURNING v.id, -taken.quantity AS delta
            )
            \(StockLedger.record(.order, actor: order.userID, order: id.uuidString))
            """,
            """
            INSERT INTO orders (id, order_number, user_id, status, currency, subtotal_amount, tax_amount,
                shipping_amount, discount_amount, total_amount, included_tax_amount, tax_lines, shipping_method,
                discount_code, payment_status, shipping_address, billing_address, idempotency_key, created_at,
                updated_at)
            VALUES (\(id), \(order.number.rawValue), \(order.userID), \(order.status.rawValue), \(order.currency),
                \(order.amounts.subtotal), \(order.amounts.tax), \(order.amounts.shipping), \(order.amounts.discount),
                \(order.amounts.total), \(order.amounts.includedTax), \(taxLines(order)), \(order.shippingMethod),
                \(order.discountCode), \(order.paymentStatus.rawValue), \(PostgresJSON(order.shippingAddress)),
                \(request.billingAddress.map(PostgresJSON.init)), \(key.value), \(order.createdAt), \(order.createdAt))
            """,
            """
            INSERT INTO order_items (order_id, line, variant_id, product_id, sku, product_name, variant_name,
                unit_price_amount, quantity, total_amount, discount_amount, tax_amount)
            SELECT \(id)::uuid, n.* FROM unnest(
                \(Array(1...lines.count))::integer[], \(lines.map(\.variant.id))::bigint[],
                \(lines.map(\.variant.productID))::bigint[], \(lines.map(\.item.sku))::text[],
                \(lines.map(\.item.productName))::text[], \(lines.map(\.item.variantName))::text[],
                \(lines.map(\.item.unitPriceAmount))::bigint[], \(lines.map(\.item.quantity))::integer[],
                \(lines.map(\.item.totalAmount))::bigint[], \(lines.map(\.item.discountAmount))::bigint[],
                \(lines.map(\.item.taxAmount))::bigint[]
            ) AS n
            """,
            """
            INSERT INTO order_events (order_id, kind, actor, traceparent, created_at)
            VALUES (\(id), 'placed', \("user:\(order.userID)"), \(TraceContext.current?.traceparent),
                \(order.createdAt))
            """,
        ] + redemption(checkout, order, id) + cart(checkout, request, order) + payment(request, order, id)
    }

    /// Most orders have none, and an encoder costs more than the literal.
    private static func taxLines(_ order: Order) -> PostgresQuery {
        order.taxLines.isEmpty ? "'[]'" : "\(PostgresJSON(order.taxLines))"
    }

    /// The first waits for every other checkout with this discount; what the second counts is then true. A limit that is
    /// reached fails the one or the other by its constraint, and the order with it.
    private static func redemption(_ checkout: Checkout, _ order: Order, _ id: UUID) -> [PostgresQuery] {
        guard let discount = checkout.terms.discount else { return [] }
        return [
            "UPDATE discounts SET used_count = used_count + 1 WHERE id = \(discount.id)",
            """
            INSERT INTO discount_redemptions (order_id, discount_id, user_id, use_number, customer_limit)
            SELECT \(id)::uuid, \(discount.id)::bigint, \(order.userID)::bigint, 1 + (
                SELECT count(*) FROM discount_redemptions
                WHERE discount_id = \(discount.id) AND user_id = \(order.userID)
            ), \(discount.customerLimit)::integer
            """,
        ]
    }

    private static func cart(_ checkout: Checkout, _ request: OrderRequest, _ order: Order) -> [PostgresQuery] {
        if request.lines != nil { return [] }
        let ordered = checkout.lines.map(\.variant.id)
        return ["DELETE FROM cart_items WHERE user_id = \(order.userID) AND variant_id = ANY(\(ordered)::bigint[])"]
    }

    /// Recorded before the gateway is asked: its keys are made of this id.
    private static func payment(_ request: OrderRequest, _ order: Order, _ id: UUID) -> [PostgresQuery] {
        guard let payment = request.payment, order.paymentStatus == .pending else { return [] }
        return [
            """
            INSERT INTO payments (id, order_id, user_id, gateway, token, currency, amount)
            VALUES (\(UUIDv7().uuid), \(id), \(order.userID), \(payment.gateway.rawValue), \(payment.token),
                \(order.currency), \(order.amounts.total))
            """
        ]
    }
}
