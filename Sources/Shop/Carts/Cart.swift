package import Foundation

/// What a customer means to buy, with prices and stock as they are at the moment of reading.
package struct Cart: Equatable, Sendable {
    /// In the order in which they were added.
    package let lines: [CartLine]

    package init(lines: [CartLine]) { self.lines = lines }

    /// Of the first line that is for sale; an order is in one currency.
    package var currency: String? { lines.lazy.compactMap(\.offer).first?.currency }

    /// Of the lines that are for sale in the cart's currency, at today's prices, in minor units.
    package var subtotalAmount: Int64 {
        lines.reduce(0) { $0 + ($1.offer?.currency == currency ? $1.totalAmount ?? 0 : 0) }
    }

    /// Pieces in all lines, for sale or not.
    package var quantity: Int { lines.reduce(0) { $0 + $1.quantity } }

    /// Each line's troubles, by the line's index.
    package var issues: [[CartIssue]] { lines.map { $0.issues(in: currency) } }

    /// Whether the cart could be ordered as it stands. A changed price is told and stands in nobody's way.
    package var isOrderable: Bool {
        !lines.isEmpty && issues.joined().allSatisfy { if case .priceChanged = $0 { true } else { false } }
    }
}

/// One variant in a cart.
package struct CartLine: Equatable, Sendable {
    /// What the shop says about the variant now.
    package struct Offer: Equatable, Sendable {
        package let sku: String
        package let variantName: String
        package let productSlug: String
        package let productName: String
        package let attributes: [String: String]
        package let primaryImageURL: String?
        /// Minor units.
        package let priceAmount: Int64
        package let currency: String
        package let stockQuantity: Int

        package init(
            sku: String,
            variantName: String,
            productSlug: String,
            productName: String,
            attributes: [String: String],
            primaryImageURL: String?,
            priceAmount: Int64,
            currency: String,
            stockQuantity: Int
        ) {
            self.sku = sku
            self.variantName = variantName
            self.productSlug = productSlug
            self.productName = productName
            self.attributes = attributes
            self.primaryImageURL = primaryImageURL
            self.priceAmount = priceAmount
            self.currency = currency
            self.stockQuantity = stockQuantity
        }
    }

    package let variantID: Int64
    package let quantity: Int
    /// The price that the customer was shown when the line was last written, in minor units.
    package let shownPriceAmount: Int64
    package let addedAt: Date
    /// `nil` when the variant is no longer for sale.
    package let offer: Offer?

    package init(variantID: Int64, quantity: Int, shownPriceAmount: Int64, addedAt: Date, offer: Offer?) {
        self.variantID = variantID
        self.quantity = quantity
        self.shownPriceAmount = shownPriceAmount
        self.addedAt = addedAt
        self.offer = offer
    }

    /// At today's price, in minor units; `nil` when it is not for sale.
    package var totalAmount: Int64? { offer.map { $0.priceAmount * Int64(quantity) } }

    func issues(in currency: String?) -> [CartIssue] {
        guard let offer else { return [.unavailable] }
        var issues: [CartIssue] = []
        if offer.currency != currency { issues.append(.otherCurrency(offer.currency)) }
        if offer.priceAmount != shownPriceAmount {
            issues.append(.priceChanged(old: shownPriceAmount, new: offer.priceAmount))
        }
        if offer.stockQuantity < quantity { issues.append(.insufficientStock(available: offer.stockQuantity)) }
        return issues
    }
}

/// What has become of a line since it was written.
package enum CartIssue: Equatable, Sendable {
    /// Minor units.
    case priceChanged(old: Int64, new: Int64)
    case insufficientStock(available: Int)
    /// The variant or its product was withdrawn.
    case unavailable
    /// It is sold in another currency than the rest of the cart.
    case otherCurrency(String)
}
