package import Foundation
import Postgres
package import Validation

/// Which orders are wanted.
package struct OrderFilter: Equatable, Sendable {
    /// Whose they are; `nil` for everybody's.
    package var userID: Int64?
    /// Any of these; none: every state.
    package var statuses: [Order.Status] = []
    package var paymentStatuses: [Order.PaymentStatus] = []
    /// An id, or an e-mail address in full.
    package var customer: String?
    /// The beginning of a number.
    package var number: String?
    /// Inclusive.
    package var placedFrom: Date?
    /// Exclusive.
    package var placedBefore: Date?
    /// Minor units, inclusive.
    package var minimumTotal: Int64?
    package var maximumTotal: Int64?
    /// Of one of the lines.
    package var sku: String?

    package init() {}

    /// - Throws: `ValidationError` for ranges that end before they begin.
    package func validated() throws(ValidationError) -> OrderFilter {
        var validator = Validator()
        if let placedFrom, let placedBefore {
            validator.require(placedFrom < placedBefore, "placed_before", "must be later than placed_from")
        }
        if let minimumTotal, let maximumTotal {
            validator.require(minimumTotal <= maximumTotal, "max_total", "must not be less than min_total")
        }
        try validator.finish()
        return self
    }

    /// The condition on `orders o`.
    var condition: PostgresQuery {
        var terms: [PostgresQuery] = []
        if let userID { terms.append("o.user_id = \(userID)") }
        if !statuses.isEmpty { terms.append("o.status = ANY(\(statuses.map(\.rawValue))::text[])") }
        if !paymentStatuses.isEmpty {
            terms.append("o.payment_status = ANY(\(paymentStatuses.map(\.rawValue))::text[])")
        }
        if let customer { terms.append(Self.isCustomer(customer)) }
        if let number { terms.append("starts_with(o.order_number, \(number.uppercased()))") }
        if let placedFrom { terms.append("o.created_at >= \(placedFrom)") }
        if let placedBefore { terms.append("o.created_at < \(placedBefore)") }
        if let minimumTotal { terms.append("o.total_amount >= \(minimumTotal)") }
        if let maximumTotal { terms.append("o.total_amount <= \(maximumTotal)") }
        if let sku { terms.append(Self.hasLine(sku)) }
        return terms.reduce("true") { "\($0) AND \($1)" }
    }

    private static func isCustomer(_ customer: String) -> PostgresQuery {
        if let id = Int64(customer) { return "o.user_id = \(id)" }
        return "o.user_id IN (SELECT id FROM users WHERE lower(email) = lower(\(customer)))"
    }

    /// By the variant, which has an index; a line whose variant was deleted since keeps its SKU and nothing else.
    private static func hasLine(_ sku: String) -> PostgresQuery {
        """
        o.id IN (
            SELECT i.order_id FROM order_items i
            WHERE i.variant_id = (SELECT id FROM product_variants WHERE sku = \(sku))
                OR i.variant_id IS NULL AND i.sku = \(sku)
        )
        """
    }
}
