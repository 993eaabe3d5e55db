/// What an order costs, in minor units of one currency.
package struct OrderAmounts: Equatable, Sendable {
    package let subtotal: Int64
    /// What comes on top of the prices.
    package let tax: Int64
    package let shipping: Int64
    /// At most the subtotal.
    package let discount: Int64
    /// What the prices contain: told, and not added.
    package let includedTax: Int64
    package var total: Int64 { subtotal + tax + shipping - discount }

    package init(subtotal: Int64, tax: Int64, shipping: Int64, discount: Int64, includedTax: Int64 = 0) {
        self.subtotal = subtotal
        self.tax = tax
        self.shipping = shipping
        self.discount = discount
        self.includedTax = includedTax
    }
}

/// One rate's tax on an order.
package struct TaxLine: Codable, Equatable, Sendable {
    package let name: String
    package let rateBasisPoints: Int
    package let isIncluded: Bool
    /// What it is due on, after the discount: with the tax where it is included, without where it comes on top.
    package let taxableAmount: Int64
    package let taxAmount: Int64

    package init(name: String, rateBasisPoints: Int, isIncluded: Bool, taxableAmount: Int64, taxAmount: Int64) {
        self.name = name
        self.rateBasisPoints = rateBasisPoints
        self.isIncluded = isIncluded
        self.taxableAmount = taxableAmount
        self.taxAmount = taxAmount
    }

    private enum CodingKeys: String, CodingKey {
        case name
        case rateBasisPoints = "rate_basis_points"
        case isIncluded = "is_included"
        case taxableAmount = "taxable_amount"
        case taxAmount = "tax_amount"
    }
}
