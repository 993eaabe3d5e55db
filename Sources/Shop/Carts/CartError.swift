/// Why a cart was not changed.
package enum CartError: Error, Equatable {
    /// The variant does not exist, or is not for sale.
    case notForSale(Int64)
    case insufficientStock(sku: String, requested: Int, available: Int)
    /// The line would hold more than ``CartLimits/quantity`` allows.
    case lineFull
    /// The cart would have more than ``CartLimits/lines`` lines.
    case cartFull
    case noSuchLine
    /// An order is in one currency, and the cart has another one already.
    case otherCurrency(cart: String, variant: String)
}

/// What an order may hold is what a cart may hold.
package enum CartLimits {
    package static let lines = 100
    /// Of one variant.
    package static let quantity = 1...10_000
}
