import Accounts
import Catalog
import Foundation
import Jobs
import Observability
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
                shipping_amount, discount_amount, total_amount, shipping_address, billing_address, idempotency_key,
                created_at, updated_at)
            VALUES (\(id), \(order.number.rawValue), \(order.userID), \(order.status.rawValue), \(order.currency),
                \(order.amounts.subtotal), \(order.amounts.tax), \(order.amounts.shipping), \(order.amounts.discount),
                \(order.amounts.total), \(PostgresJSON(order.shippingAddress)),
                \(request.billingAddress.map(PostgresJSON.init)), \(key.value), \(order.createdAt), \(order.createdAt))
            """,
            """
            INSERT INTO order_items (order_id, line, variant_id, product_id, sku, product_name, variant_name,
                unit_price_amount, quantity, total_amount)
            SELECT \(id)::uuid, n.* FROM unnest(
                \(Array(1...lines.count))::integer[], \(lines.map(\.variant.id))::bigint[],
                \(lines.map(\.variant.productID))::bigint[], \(lines.map(\.item.sku))::text[],
                \(lines.map(\.item.productName))::text[], \(lines.map(\.item.variantName))::text[],
                \(lines.map(\.item.unitPriceAmount))::bigint[], \(lines.map(\.item.quantity))::integer[],
                \(lines.map(\.item.totalAmount))::bigint[]
            ) AS n
            """,
            """
            INSERT INTO order_events (order_id, kind, actor, traceparent, created_at)
            VALUES (\(id), 'placed', \("user:\(order.userID)"), \(TraceContext.current?.traceparent),
                \(order.createdAt))
            """,
        ]
    }
}
