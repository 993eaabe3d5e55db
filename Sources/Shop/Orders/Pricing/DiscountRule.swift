import Catalog
package import Foundation
import Validation

/// A discount as an admin keeps it.
package struct DiscountRule: Equatable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case percentage, fixed
        case freeShipping = "free_shipping"
    }

    package var id: Int64 = 0
    package var code: String
    package var description: String = ""
    package var kind: Kind
    /// Of a percentage.
    package var basisPoints: Int?
    /// Of a fixed one: minor units of `currency`.
    package var amount: Int64?
    package var currency: String?
    package var minimumAmount: Int64?
    package var startsAt: Date?
    package var endsAt: Date?
    package var usageLimit: Int?
    package var customerLimit: Int?
    package var isActive = true
    /// Set by checkouts alone.
    package var usedCount = 0
    /// What it is for; with neither it is for everything. Categories by their slugs, with all below them.
    package var products: [Int64] = []
    package var categories: [String] = []

    package init(code: String, kind: Kind) {
        self.code = code
        self.kind = kind
    }

    static let maximumTargets = 200

    func validated() throws(ValidationError) -> DiscountRule {
        var validator = Validator()
        var rule = self
        rule.code = code.uppercased()
        validator.require(
            Discount.isCode(rule.code),
            "code",
            "must be 1 to 40 letters, digits, - and _, beginning with a letter or digit"
        )
        rule.description = validator.line(description, "description", length: 0...200)
        switch kind {
        case .percentage:
            validator.require((1...10_000).contains(basisPoints ?? 0), "basis_points", "must be from 1 to 10000")
            validator.require(amount == nil, "amount", "is for fixed discounts only")
        case .fixed:
            validator.require(
                (1...ShippingMethod.maximumPrice).contains(amount ?? 0),
                "amount",
                "must be from 1 to \(ShippingMethod.maximumPrice)"
            )
            validator.require(currency != nil, "currency", "must be there for a fixed discount")
            validator.require(basisPoints == nil, "basis_points", "is for percentages only")
        case .freeShipping:
            validator.require(amount == nil, "amount", "is for fixed discounts only")
            validator.require(basisPoints == nil, "basis_points", "is for percentages only")
        }
        validator.require(
            currency.map { Currency(rawValue: $0) != nil } ?? true,
            "currency",
            "must be an ISO 4217 code such as EUR"
        )
        validator.require(minimumAmount ?? 0 >= 0, "minimum_amount", "must not be negative")
        validator.require(
            minimumAmount == nil || currency != nil,
            "currency",
            "must be there for a minimum"
        )
        validator.time(startsAt, "starts_at")
        validator.time(endsAt, "ends_at")
        let isForward = startsAt.flatMap { start in endsAt.map { start < $0 } } ?? true
        validator.require(isForward, "ends_at", "must be behind starts_at")
        let uses = 1...Int(Int32.max)
        validator.require(usageLimit.map(uses.contains) ?? true, "usage_limit", "must be from 1 to \(Int32.max)")
        validator.require(customerLimit.map(uses.contains) ?? true, "customer_limit", "must be from 1 to \(Int32.max)")
        validator.require(categories.allSatisfy(Slug.isValid), "categories", "must be slugs")
        for (count, field) in [(products.count, "products"), (categories.count, "categories")] {
            validator.require(count <= Self.maximumTargets, field, "must have at most \(Self.maximumTargets) entries")
        }
        try validator.finish()
        return rule
    }
}
