/// What an order costs, in minor units of one currency.
package struct OrderAmounts: Equatable, Sendable {
    package let subtotal: Int64
    package let tax: Int64
    package let shipping: Int64
    package let discount: Int64
    package var total: Int64 { subtotal + tax + shipping - discount }

    package init(subtotal: Int64, tax: Int64, shipping: Int64, discount: Int64) {
        self.subtotal = subtotal
        self.tax = tax
        self.shipping = shipping
        self.discount = discount
    }
}

/// Turns lines into amounts.
///
/// The shop has no rules for tax, shipping or discounts: prices are what the customer pays, everything else is zero.
package enum OrderPricing {
    package static func amounts(for items: [Order.Item]) -> OrderAmounts {
        OrderAmounts(subtotal: items.reduce(0) { $0 + $1.totalAmount }, tax: 0, shipping: 0, discount: 0)
    }
}
