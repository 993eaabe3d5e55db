package import Foundation
package import Validation

/// What people write down about an order.
package struct OrderNote: Equatable, Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// For the shop's staff only.
        case `internal`
        /// Both sides read it.
        case customer
    }

    package let id: Int64
    package let kind: Kind
    package let actor: OrderActor
    package let body: String
    package let createdAt: Date

    /// A note as it is to be written, checked.
    package struct Draft: Equatable, Sendable {
        package let kind: Kind
        package let body: String

        /// - Parameter kind: `nil` for `customer`.
        /// - Throws: `ValidationError`.
        package init(kind: String?, body: String) throws(ValidationError) {
            var validator = Validator()
            let known = Kind(rawValue: kind ?? Kind.customer.rawValue)
            validator.require(known != nil, "kind", "must be internal or customer")
            self.kind = known ?? .internal
            self.body = validator.text(body, "body", length: 1...4_000)
            try validator.finish()
        }
    }
}
