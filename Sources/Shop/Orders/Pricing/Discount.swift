package import Foundation

/// A code that makes an order cheaper, as a checkout reads it.
package struct Discount: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        case percentage(basisPoints: Int64)
        /// Minor units of the discount's currency.
        case fixed(Int64)
        case freeShipping
    }

    package let id: Int64
    package let code: String
    package let kind: Kind
    /// Of the fixed amount and of the minimum.
    package let currency: String?
    /// Goods for at least this much, before the discount.
    package let minimumAmount: Int64?
    package let startsAt: Date?
    package let endsAt: Date?
    package let usageLimit: Int?
    package let customerLimit: Int?
    package let usedCount: Int
    /// By the customer who asks.
    package let customerUses: Int
    /// What it is for: nil is everything; with a category all below it.
    package let products: Set<Int64>?
    package let categories: Set<Int64>?

    package init(
        id: Int64,
        code: String,
        kind: Kind,
        currency: String? = nil,
        minimumAmount: Int64? = nil,
        startsAt: Date? = nil,
        endsAt: Date? = nil,
        usageLimit: Int? = nil,
        customerLimit: Int? = nil,
        usedCount: Int = 0,
        customerUses: Int = 0,
        products: Set<Int64>? = nil,
        categories: Set<Int64>? = nil
    ) {
        self.id = id
        self.code = code
        self.kind = kind
        self.currency = currency
        self.minimumAmount = minimumAmount
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.usageLimit = usageLimit
        self.customerLimit = customerLimit
        self.usedCount = usedCount
        self.customerUses = customerUses
        self.products = products
        self.categories = categories
    }

    func isFor(_ line: PricingLine) -> Bool {
        if products == nil, categories == nil { return true }
        return products?.contains(line.productID) == true || categories?.contains(line.categoryID) == true
    }

    /// Why a code does not apply.
    package enum Refusal: String, Error, Equatable, Sendable {
        case unknown, notYet, over, usedUp, usedUpByCustomer, otherCurrency, belowMinimum, nothingApplies
    }

    func check(subtotal: Int64, currency orderCurrency: String, now: Date) throws(Refusal) {
        if let startsAt, now < startsAt { throw .notYet }
        if let endsAt, now >= endsAt { throw .over }
        if let usageLimit, usedCount >= usageLimit { throw .usedUp }
        if let customerLimit, customerUses >= customerLimit { throw .usedUpByCustomer }
        if let currency, currency != orderCurrency { throw .otherCurrency }
        if let minimumAmount, subtotal < minimumAmount { throw .belowMinimum }
    }

    static func isCode(_ text: String) -> Bool {
        let bytes = text.utf8
        func isAlphanumeric(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) }
        return (1...40).contains(bytes.count) && bytes.first.map(isAlphanumeric) == true
            && bytes.allSatisfy { isAlphanumeric($0) || $0 == 0x2D || $0 == 0x5F }
    }
}
