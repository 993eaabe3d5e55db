/// Why an order was not placed.
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
    /// Variants that do not exist or are not for sale, by the index of their line.
    case unknownVariants([Int64])
    /// One order is paid in one currency.
    case mixedCurrencies([String])
    /// A request with this key is being answered at this moment.
    case inFlight
    /// The key was used for another request.
    case keyReused
}
