package import Accounts
package import Foundation

/// What a customer bought, at the prices of that moment. Amounts are in minor units of `currency`.
package struct Order: Equatable, Sendable {
    package let number: OrderNumber
    package let userID: Int64
    package let status: Status
    package let currency: String
    package let items: [Item]
    package let amounts: OrderAmounts
    package let taxLines: [TaxLine]
    package let shippingAddress: Address
    /// The code of the method.
    package let shippingMethod: String
    package let discountCode: String?
    package let paymentStatus: PaymentStatus
    package let createdAt: Date

    package init(
        number: OrderNumber,
        userID: Int64,
        status: Status,
        currency: String,
        items: [Item],
        amounts: OrderAmounts,
        taxLines: [TaxLine] = [],
        shippingAddress: Address,
        shippingMethod: String = ShippingMethod.standardCode,
        discountCode: String? = nil,
        paymentStatus: PaymentStatus = .none,
        createdAt: Date
    ) {
        self.number = number
        self.userID = userID
        self.status = status
        self.currency = currency
        self.items = items
        self.amounts = amounts
        self.taxLines = taxLines
        self.shippingAddress = shippingAddress
        self.shippingMethod = shippingMethod
        self.discountCode = discountCode
        self.paymentStatus = paymentStatus
        self.createdAt = createdAt
    }

    package struct Item: Equatable, Sendable {
        package let sku: String
        package let productName: String
        package let variantName: String
        package let unitPriceAmount: Int64
        package let quantity: Int
        package var totalAmount: Int64 { unitPriceAmount * Int64(quantity) }
        /// The line's part of the order's discount, which `totalAmount` does not show.
        package let discountAmount: Int64
        /// On top or included, as the order's tax lines say.
        package let taxAmount: Int64

        package init(
            sku: String,
            productName: String,
            variantName: String,
            unitPriceAmount: Int64,
            quantity: Int,
            discountAmount: Int64 = 0,
            taxAmount: Int64 = 0
        ) {
            self.sku = sku
            self.productName = productName
            self.variantName = variantName
            self.unitPriceAmount = unitPriceAmount
            self.quantity = quantity
            self.discountAmount = discountAmount
            self.taxAmount = taxAmount
        }
    }

    /// What is known of the money.
    package enum PaymentStatus: String, Sendable, CaseIterable {
        /// The order asks for none.
        case none
        /// It is being decided; until then the order is not confirmed.
        case pending
        /// Held, to be taken when the order ships.
        case authorized
        case paid
        case declined
        case partiallyRefunded = "partially_refunded"
        case refunded
        /// What was held was let go of.
        case voided
    }
}
