package import Database
import Postgres
package import Validation

/// Everything that happened to an order, oldest first.
package struct OrderTimeline: Sendable {
    private let database: Database

    package init(database: Database) { self.database = database }

    /// Three statements in one round trip, however many events there are.
    ///
    /// - Parameter userID: the customer who asks, who sees what is public of his own order; `nil` for the staff.
    /// - Returns: `nil` when there is no such order.
    package func callAsFunction(
        _ number: OrderNumber,
        for userID: Int64?,
        _ request: PageRequest,
        _ consistency: ReadConsistency
    ) async throws -> Page<OrderEvent>? {
        let events: PostgresQuery = """
            FROM order_events e JOIN orders o ON o.id = e.order_id
            WHERE o.order_number = \(number.rawValue)
                AND (\(userID == nil) OR e.kind = ANY(\(OrderEvent.publicKinds)::text[]))
            """
        let answers = try await database.read(consistency) { session in
            try await session.pipeline([
                "SELECT user_id FROM orders WHERE order_number = \(number.rawValue)",
                "SELECT count(*) \(events)",
                """
                SELECT \(OrderEvent.columns) \(events)
                ORDER BY e.id LIMIT \(request.size) OFFSET \(request.offset)
                """,
            ])
        }
        guard let owner = try answers[0].first?.decode(0, as: Int64.self), userID == nil || userID == owner else {
            return nil
        }
        let found = try answers[2].map { try OrderEvent($0) }
        return Page(
            count: try answers[1].first?.decode(0, as: Int.self) ?? 0,
            request: request,
            results: userID == nil ? found : found.compactMap(\.forCustomer)
        )
    }
}
