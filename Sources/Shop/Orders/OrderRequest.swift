package import Accounts
import Crypto
import Foundation
package import Payments
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

    /// One line for each variant, in the order of first mention; nil is what lies in the customer's cart.
    package let lines: [Line]?
    package let shippingAddress: Address
    package let billingAddress: Address?
    /// The code of a method.
    package let shippingMethod: String
    /// In capitals.
    package let discountCode: String?
    /// Nil for an order that is not paid here.
    package let payment: PaymentMethod?
    /// What the customer was told that it costs; nil takes any.
    package let expectedTotal: Int64?

    /// - Parameter shippingMethod: `nil` for the standard one.
    /// - Throws: `ValidationError` with every field that is wrong.
    package init(
        lines: [Line]?,
        shippingAddress: Address,
        billingAddress: Address?,
        shippingMethod: String? = nil,
        discountCode: String? = nil,
        payment: PaymentMethod? = nil,
        expectedTotal: Int64? = nil
    ) throws(ValidationError) {
        var validator = Validator()
        self.shippingMethod = shippingMethod ?? ShippingMethod.standardCode
        validator.require(
            ShippingMethod.isCode(self.shippingMethod),
            "shipping_method",
            "must be the code of a shipping method"
        )
        self.discountCode = discountCode?.uppercased()
        validator.require(self.discountCode.map(Discount.isCode) ?? true, "discount_code", "is not a discount code")
        validator.require(expectedTotal ?? 0 >= 0, "expected_total_amount", "must not be negative")
        self.payment = payment
        self.expectedTotal = expectedTotal
        if let lines { Self.check(lines, &validator) }
        self.shippingAddress = shippingAddress.validated(&validator, "shipping_address")
        self.billingAddress = billingAddress?.validated(&validator, "billing_address")
        // Only quantities that passed are added up, so the sum cannot overflow.
        try validator.finish()
        self.lines = lines.map(Self.merged)
        for line in self.lines ?? [] where line.quantity > Self.maximumQuantity {
            validator.require(
                false,
                "items",
                "must not ask for more than \(Self.maximumQuantity) of one variant in all"
            )
        }
        try validator.finish()
    }

    private static func check(_ lines: [Line], _ validator: inout Validator) {
        validator.require((1...maximumLines).contains(lines.count), "items", "must have 1 to \(maximumLines) entries")
        for (index, line) in lines.enumerated() {
            validator.require(
                (1...maximumQuantity).contains(line.quantity),
                "items[\(index)].quantity",
                "must be from 1 to \(maximumQuantity)"
            )
        }
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
        // What is absent leaves no trace, so that a form with a new field has the old one's fingerprint.
        struct Form: Encodable {
            let lines: [Line]?
            let shippingAddress: Address
            let billingAddress: Address?
            /// Absent for the standard one.
            let shippingMethod: String?
            let discountCode: String?
            let paymentToken: String?
            let expectedTotal: Int64?
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let form = Form(
            lines: lines,
            shippingAddress: shippingAddress,
            billingAddress: billingAddress,
            shippingMethod: shippingMethod == ShippingMethod.standardCode ? nil : shippingMethod,
            discountCode: discountCode,
            paymentToken: payment?.token,
            expectedTotal: expectedTotal
        )
        return SHA256.hash(Array(try encoder.encode(form)))
    }
}
