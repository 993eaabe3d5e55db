/// A way for an order to reach its customer.
package struct ShippingMethod: Equatable, Sendable {
    package struct Price: Equatable, Sendable {
        package let currency: String
        package let amount: Int64
        /// Goods for this much, after the discount, are shipped free.
        package let freeFromAmount: Int64?

        package init(currency: String, amount: Int64, freeFromAmount: Int64? = nil) {
            self.currency = currency
            self.amount = amount
            self.freeFromAmount = freeFromAmount
        }
    }

    /// What an order has that names none.
    package static let standardCode = "standard"
    package static let maximumPrice: Int64 = 1_000_000_000_000

    package let code: String
    package let name: String
    /// One for each currency that it is offered in; none at all is free in every one.
    package let prices: [Price]
    /// ISO 3166-1 alpha-2; nil is everywhere.
    package let countries: [String]?
    /// How long it takes, in days.
    package let days: ClosedRange<Int>
    /// Its orders overtake others on their way through the shop.
    package let isUrgent: Bool
    package let isActive: Bool

    package init(
        code: String,
        name: String,
        prices: [Price] = [],
        countries: [String]? = nil,
        days: ClosedRange<Int> = 3...5,
        isUrgent: Bool = false,
        isActive: Bool = true
    ) {
        self.code = code
        self.name = name
        self.prices = prices
        self.countries = countries
        self.days = days
        self.isUrgent = isUrgent
        self.isActive = isActive
    }

    package func isOffered(in country: String) -> Bool { isActive && countries?.contains(country) ?? true }

    /// What it costs for goods of `value`; nil where it is not offered in the currency.
    package func price(in currency: String, forGoodsOf value: Int64) -> Int64? {
        if prices.isEmpty { return 0 }
        guard let price = prices.first(where: { $0.currency == currency }) else { return nil }
        if let free = price.freeFromAmount, value >= free { return 0 }
        return price.amount
    }

    package static func isCode(_ text: String) -> Bool {
        let bytes = text.utf8
        func isAlphanumeric(_ byte: UInt8?) -> Bool {
            byte.map { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) } ?? false
        }
        return (1...40).contains(bytes.count) && isAlphanumeric(bytes.first) && isAlphanumeric(bytes.last)
            && bytes.allSatisfy { isAlphanumeric($0) || $0 == 0x2D || $0 == 0x5F }
    }
}
