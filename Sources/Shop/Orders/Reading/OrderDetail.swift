package import Accounts
package import Database
package import Foundation
import Postgres

/// An order with all that became of it.
package struct OrderDetail: Sendable {
    package let order: Order
    package let billingAddress: Address?
    package let shipment: Shipment
    /// Minor units that were given back, or are about to be.
    package let refundedAmount: Int64
    /// Oldest first.
    package let refunds: [Refund]
    package let updatedAt: Date
}

/// An order's way to the customer, as far as it has come.
package struct Shipment: Equatable, Sendable {
    package let carrier: String?
    package let trackingNumber: String?
    package let shippedAt: Date?
    package let deliveredAt: Date?

    static let columns: PostgresQuery = "carrier, tracking_number, shipped_at, delivered_at"

    init(_ row: PostgresRow, from offset: Int) throws {
        carrier = try row.decode(offset)
        trackingNumber = try row.decode(offset + 1)
        shippedAt = try row.decode(offset + 2)
        deliveredAt = try row.decode(offset + 3)
    }

    package init(carrier: String?, trackingNumber: String?, shippedAt: Date?, deliveredAt: Date?) {
        self.carrier = carrier
        self.trackingNumber = trackingNumber
        self.shippedAt = shippedAt
        self.deliveredAt = deliveredAt
    }
}

extension OrderStore {
    /// One round trip.
    ///
    /// - Parameter userID: whose order it has to be; `nil` for anybody's.
    /// - Returns: `nil` when there is no such order.
    package func detail(
        _ number: OrderNumber,
        of userID: Int64?,
        _ consistency: ReadConsistency
    ) async throws -> OrderDetail? {
        let answers = try await database.read(consistency) { session in
            try await session.pipeline(
                Self.statements(number) + [
                    """
                    SELECT billing_address, refunded_amount, updated_at, \(Shipment.columns)
                    FROM orders WHERE order_number = \(number.rawValue)
                    """,
                    """
                    SELECT \(Refund.columns) FROM order_refunds r JOIN orders o ON o.id = r.order_id
                    WHERE o.order_number = \(number.rawValue) ORDER BY r.created_at, r.id
                    """,
                ]
            )
        }
        guard let order = try Self.decode(answers, number), let row = answers[answers.count - 2].first,
            userID == nil || order.userID == userID
        else { return nil }
        let billing: PostgresJSON<Address>? = try row.decode(0)
        return OrderDetail(
            order: order,
            billingAddress: billing?.value,
            shipment: try Shipment(row, from: 3),
            refundedAmount: try row.decode(1),
            refunds: try answers[answers.count - 1].map(Refund.init),
            updatedAt: try row.decode(2)
        )
    }
}
