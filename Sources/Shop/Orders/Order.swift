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
    package let shippingAddress: Address
    package let createdAt: Date

    package init(
        number: OrderNumber,
        userID: Int64,
        status: Status,
        currency: String,
        items: [Item],
        amounts: OrderAmounts,
        shippingAddress: Address,
        createdAt: Date
    ) {
        self.number = number
        self.userID = userID
        self.status = status
        self.currency = currency
        self.items = items
        self.amounts = amounts
        self.shippingAddress = shippingAddress
        self.createdAt = createdAt
    }

    package struct Item: Equatable, Sendable {
        package let sku: String
        package let productName: String
        package let variantName: String
        package let unitPriceAmount: Int64
        package let quantity: Int
        package var totalAmount: Int64 { unitPriceAmount * Int64(quantity) }

        package init(sku: String, productName: String, variantName: String, unitPriceAmount: Int64, quantity: Int) {
            self.sku = sku
            self.productName = productName
            self.variantName = variantName
            self.unitPriceAmount = unitPriceAmount
            self.quantity = quantity
        }
    }
}
