/// Why an order was not placed, or a step of it not taken.
package enum OrderError: Error, Equatable {
    package struct Shortage: Codable, Equatable, Sendable {
        package let sku: String
        package let requested: Int
        package let available: Int

        package init(sku: String, requested: Int, available: Int) {
            self.sku = sku
            self.requested = requested
            self.available = available
        }
    }

    case insufficientStock([Shortage])
    /// Variants that do not exist or are not for sale.
    case unknownVariants([Int64])
    /// One order is paid in one currency.
    case mixedCurrencies([String])
    /// There are no items in the request, and none in the cart.
    case emptyCart
    /// Variants in the cart that are not for sale any more.
    case staleCart([Int64])
    /// More lines than one order takes.
    case cartTooLarge(Int)
    /// No method has this code.
    case unknownShippingMethod(String)
    /// The method does not lead to the destination, or has no price in the order's currency.
    case shippingNotOffered(String)
    case discountRefused(String, Discount.Refusal)
    /// The customer was told another total.
    case priceChanged(expected: Int64, OrderAmounts)
    /// A request with this key is being answered at this moment.
    case inFlight
    /// The key was used for another request.
    case keyReused
    /// There is none, or it is none of the asker's business.
    case noSuchOrder
    /// The state machine has no such edge.
    case forbiddenStep(from: Order.Status, to: Order.Status)
    /// What nobody paid cannot be given back.
    case notPaid
    /// More than what is left of the order, in minor units.
    case refundTooLarge(left: Int64)
}
