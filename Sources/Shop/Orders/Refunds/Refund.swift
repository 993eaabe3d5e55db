package import Foundation
import Postgres

/// Money that is given back for an order, all of it or a part.
package struct Refund: Equatable, Sendable {
    package enum Status: String, Sendable, CaseIterable {
        /// Its job is on the way.
        case requested
        case done
        /// The order had moved on before its job came: nothing was given back.
        case refused
    }

    package let id: String
    /// Minor units of the order's currency.
    package let amount: Int64
    package let reason: String
    package let status: Status
    package let createdAt: Date
    package let settledAt: Date?

    static let columns: PostgresQuery = "r.id::text, r.amount, r.reason, r.status, r.created_at, r.settled_at"

    init(_ row: PostgresRow) throws {
        id = try row.decode(0)
        amount = try row.decode(1)
        reason = try row.decode(2)
        status = Status(rawValue: try row.decode(3)) ?? .requested
        createdAt = try row.decode(4)
        settledAt = try row.decode(5)
    }

    package init(
        id: String,
        amount: Int64,
        reason: String,
        status: Status = .requested,
        createdAt: Date,
        settledAt: Date? = nil
    ) {
        self.id = id
        self.amount = amount
        self.reason = reason
        self.status = status
        self.createdAt = createdAt
        self.settledAt = settledAt
    }
}

/// How much of an order can be given back: the decision, without any reading or writing.
enum RefundPolicy {
    /// - Parameter amount: `nil` for all that is left.
    /// - Returns: the amount in minor units.
    /// - Throws: `OrderError.forbiddenStep` in a state without an edge to refunded, `.notPaid`, `.refundTooLarge`.
    static func amount(_ amount: Int64?, of order: LockedOrder) throws(OrderError) -> Int64 {
        guard order.status.next.contains(.refunded) else {
            throw .forbiddenStep(from: order.status, to: .refunded)
        }
        // Whose payment the gateway let go of has not paid.
        guard ![.pending, .declined, .voided].contains(order.paymentStatus) else { throw .notPaid }
        let left = order.totalAmount - order.refundedAmount
        let wanted = amount ?? left
        // An order that cost nothing is refunded by its state alone.
        guard wanted <= left, wanted > 0 || order.totalAmount == 0 else { throw .refundTooLarge(left: left) }
        return wanted
    }

    /// Whether the order is refunded as a whole once this one is done: only that changes its state.
    static func completes(_ refund: Refund, _ order: LockedOrder, doneBefore: Int64) -> Bool {
        doneBefore + refund.amount == order.totalAmount
    }
}
