package import Database
package import Foundation
import Postgres

/// Where an order is, for its customer.
package struct OrderTracking: Sendable {
    package let number: OrderNumber
    package let status: Order.Status
    package let shipment: Shipment
    /// When it came into each of its states, oldest first.
    package let history: [(status: Order.Status, at: Date)]
}

extension OrderStore {
    /// One round trip.
    ///
    /// - Parameter userID: whose order it has to be; `nil` for anybody's.
    /// - Returns: `nil` when there is no such order.
    package func tracking(
        _ number: OrderNumber,
        of userID: Int64?,
        _ consistency: ReadConsistency
    ) async throws -> OrderTracking? {
        let kinds = Order.Status.allCases.map(\.rawValue) + ["placed"]
        let answers = try await database.read(consistency) { session in
            try await session.pipeline([
                """
                SELECT user_id, status, \(Shipment.columns) FROM orders WHERE order_number = \(number.rawValue)
                """,
                """
                SELECT e.kind, e.created_at FROM order_events e JOIN orders o ON o.id = e.order_id
                WHERE o.order_number = \(number.rawValue) AND e.kind = ANY(\(kinds)::text[]) ORDER BY e.id
                """,
            ])
        }
        guard let row = answers[0].first, try userID == nil || row.decode(0, as: Int64.self) == userID else {
            return nil
        }
        return OrderTracking(
            number: number,
            status: Order.Status(rawValue: try row.decode(1)) ?? .pending,
            shipment: try Shipment(row, from: 2),
            history: try answers[1].compactMap { event in
                let (kind, time) = try event.decode(String.self, Date.self)
                // An order begins as pending, in the event that says that it was placed.
                return Order.Status(rawValue: kind == "placed" ? "pending" : kind).map { ($0, time) }
            }
        )
    }
}
