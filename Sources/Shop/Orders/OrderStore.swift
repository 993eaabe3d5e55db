import Accounts
package import Database
import Postgres

/// Reads of orders.
package struct OrderStore: Sendable {
    let database: DatabaseReader

    package init(database: Database) { self.database = database.reader }

    /// One round trip.
    ///
    /// - Returns: `nil` when there is no such order.
    package func order(_ number: OrderNumber, _ consistency: ReadConsistency) async throws -> Order? {
        let answers = try await database.read(consistency) { session in
            try await session.pipeline(Self.statements(number))
        }
        return try Self.decode(answers, number)
    }

    /// An order's row and its lines.
    static func statements(_ number: OrderNumber) -> [PostgresQuery] {
        [
            """
            SELECT user_id, status, currency, subtotal_amount, tax_amount, shipping_amount, discount_amount,
                shipping_address, created_at, included_tax_amount, tax_lines, shipping_method, discount_code,
                payment_status
            FROM orders WHERE order_number = \(number.rawValue)
            """,
            """
            SELECT i.sku, i.product_name, i.variant_name, i.unit_price_amount, i.quantity, i.discount_amount,
                i.tax_amount
            FROM orders o JOIN order_items i ON i.order_id = o.id
            WHERE o.order_number = \(number.rawValue) ORDER BY i.line
            """,
        ]
    }

    /// - Parameter answers: to ``statements(_:)``, first.
    static func decode(_ answers: [PostgresRows], _ number: OrderNumber) throws -> Order? {
        guard let row = answers[0].first else { return nil }
        return try Self.decode(row, number, items: try answers[1].map(Self.decodeItem))
    }

    private static func decode(_ row: PostgresRow, _ number: OrderNumber, items: [Order.Item]) throws -> Order {
        let address: PostgresJSON<Address> = try row.decode(7)
        let status: String = try row.decode(1)
        return Order(
            number: number,
            userID: try row.decode(0),
            status: Order.Status(rawValue: status) ?? .pending,
            currency: try row.decode(2),
            items: items,
            amounts: OrderAmounts(
                subtotal: try row.decode(3),
                tax: try row.decode(4),
                shipping: try row.decode(5),
                discount: try row.decode(6),
                includedTax: try row.decode(9)
            ),
            taxLines: try row.decode(10, as: PostgresJSON<[TaxLine]>.self).value,
            shippingAddress: address.value,
            shippingMethod: try row.decode(11),
            discountCode: try row.decode(12),
            paymentStatus: Order.PaymentStatus(rawValue: try row.decode(13)) ?? .none,
            createdAt: try row.decode(8)
        )
    }

    private static func decodeItem(_ row: PostgresRow) throws -> Order.Item {
        Order.Item(
            sku: try row.decode(0),
            productName: try row.decode(1),
            variantName: try row.decode(2),
            unitPriceAmount: try row.decode(3),
            quantity: try row.decode(4),
            discountAmount: try row.decode(5),
            taxAmount: try row.decode(6)
        )
    }
}
