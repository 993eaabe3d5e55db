package import Database
package import Foundation
import Postgres
package import Validation

/// An order in a list.
package struct OrderSummary: Equatable, Sendable {
    package let number: String
    package let userID: Int64
    package let status: Order.Status
    package let paymentStatus: Order.PaymentStatus
    package let totalAmount: Int64
    package let refundedAmount: Int64
    package let currency: String
    /// Units over all lines.
    package let unitCount: Int
    /// Of the first line.
    package let firstProduct: String?
    package let createdAt: Date
}

/// A page of orders.
///
/// Ids rise with the time of ordering, so the primary key's index has the newest at its end; for one customer the index by
/// user and time has. Lines are read for the rows of the page alone.
package struct OrderList: Sendable {
    package enum Sort: String, Sendable, CaseIterable {
        case newest
        case oldest
        case lowestTotal = "total"
        case highestTotal = "-total"
    }

    package let filter: OrderFilter
    package let sort: Sort
    package let request: PageRequest

    package init(filter: OrderFilter, sort: Sort = .newest, request: PageRequest) {
        self.filter = filter
        self.sort = sort
        self.request = request
    }

    var page: PostgresQuery {
        """
        SELECT o.order_number, o.user_id, o.status, o.payment_status, o.total_amount, o.refunded_amount, o.currency,
            lines.units, lines.first_product, o.created_at
        FROM (
            SELECT * FROM orders o WHERE \(filter.condition)
            ORDER BY \(unsafeSQL: order) LIMIT \(request.size) OFFSET \(request.offset)
        ) o
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(i.quantity), 0)::bigint AS units,
                min(i.product_name) FILTER (WHERE i.line = 1) AS first_product
            FROM order_items i WHERE i.order_id = o.id
        ) lines
        ORDER BY \(unsafeSQL: order)
        """
    }

    var count: PostgresQuery { "SELECT count(*) FROM orders o WHERE \(filter.condition)" }

    /// The id makes the order total, so that two pages never share an order.
    private var order: String {
        let time = filter.userID == nil ? "o.id" : "o.created_at"
        return switch sort {
        case .newest: "\(time) DESC, o.id DESC"
        case .oldest: "\(time), o.id"
        case .lowestTotal: "o.total_amount, o.id"
        case .highestTotal: "o.total_amount DESC, o.id DESC"
        }
    }

    static func decode(_ row: PostgresRow) throws -> OrderSummary {
        OrderSummary(
            number: try row.decode(0),
            userID: try row.decode(1),
            status: Order.Status(rawValue: try row.decode(2)) ?? .pending,
            paymentStatus: Order.PaymentStatus(rawValue: try row.decode(3)) ?? .none,
            totalAmount: try row.decode(4),
            refundedAmount: try row.decode(5),
            currency: try row.decode(6),
            unitCount: try row.decode(7),
            firstProduct: try row.decode(8),
            createdAt: try row.decode(9)
        )
    }
}

extension OrderStore {
    /// Two statements in one round trip, however many orders there are.
    package func list(_ list: OrderList, _ consistency: ReadConsistency) async throws -> Page<OrderSummary> {
        let answers = try await database.read(consistency) { session in
            try await session.pipeline([list.count, list.page])
        }
        return try Page(answers[1], of: answers[0], list.request, OrderList.decode)
    }
}
