package import Accounts
import Crypto
import Foundation
package import Validation

/// What a customer asks to buy, checked as far as that goes without the database.
package struct OrderRequest: Sendable {
    package struct Line: Codable, Hashable, Sendable {
        package let variantID: Int64
        package let quantity: Int

        package init(variantID: Int64, quantity: Int) {
            self.variantID = variantID
            self.quantity = quantity
        }
    }

    package static let maximumLines = 100
    /// Of one variant in one order. With the highest price this still leaves an order's total far inside an Int64.
    package static let maximumQuantity = 10_000

    /// One line for each variant, in the order of first mention.
    package let lines: [Line]
    package let shippingAddress: Address
    package let billingAddress: Address?
    package let shippingMethod: ShippingMethod

    package enum ShippingMethod: String, CaseIterable, Sendable {
        case standard
        /// The order overtakes others on its way through the shop.
        case express
    }

    /// - Parameter shippingMethod: `nil` for the standard one.
    /// - Throws: `ValidationError` with every field that is wrong.
    package init(
        lines: [Line],
        shippingAddress: Address,
        billingAddress: Address?,
        shippingMethod: String? = nil
    ) throws(ValidationError) {
        var validator = Validator()
        let method = shippingMethod.map(ShippingMethod.init(rawValue:)) ?? .standard
        validator.require(method != nil, "shipping_method", "must be standard or express")
        self.shippingMethod = method ?? .standard
        validator.require(
            (1...Self.maximumLines).contains(lines.count),
            "items",
            "must have 1 to \(Self.maximumLines) entries"
        )
        for (index, line) in lines.enumerated() {
            validator.require(
                (1...Self.maximumQuantity).contains(line.quantity),
                "items[\(index)].quantity",
                "must be from 1 to \(Self.maximumQuantity)"
            )
        }
        self.shippingAddress = shippingAddress.validated(&validator, "shipping_address")
        self.billingAddress = billingAddress?.validated(&validator, "billing_address")
        // Only quantities that passed are added up, so the sum cannot overflow.
        try validator.finish()
        self.lines = Self.merged(lines)
        for line in self.lines where line.quantity > Self.maximumQuantity {
            validator.require(
                false,
                "items",
                "must not ask for more than \(Self.maximumQuantity) of one variant in all"
            )
        }
        try validator.finish()
    }

    private static func merged(_ lines: [Line]) -> [Line] {
        var quantities: [Int64: Int] = [:]
        var order: [Int64] = []
        for line in lines {
            if quantities[line.variantID] == nil { order.append(line.variantID) }
            quantities[line.variantID, default: 0] += line.quantity
        }
        return order.map { Line(variantID: $0, quantity: quantities[$0] ?? 0) }
    }

    /// Equal for requests that ask for the same, however their JSON was spaced or ordered.
    func fingerprint() throws -> [UInt8] {
        struct Form: Encodable {
            let lines: [Line]
            let shippingAddress: Address
            let billingAddress: Address?
            /// Absent for the standard one.
            let shippingMethod: String?
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let form = Form(
            lines: lines,
            shippingAddress: shippingAddress,
            billingAddress: billingAddress,
            shippingMethod: shippingMethod == .standard ? nil : shippingMethod.rawValue
        )
        return SHA256.hash(Array(try encoder.encode(form)))
    }
}
