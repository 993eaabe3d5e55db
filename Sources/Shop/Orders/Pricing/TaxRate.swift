/// A tax that is due on what goes to a place. Those that are read for an order fit its destination already.
package struct TaxRate: Equatable, Sendable, Codable {
    package let name: String
    package let rateBasisPoints: Int
    /// Whether prices contain it, or it comes on top of them.
    package let isIncluded: Bool
    package let taxesShipping: Bool
    package let region: String?
    package let postalPrefix: String?
    /// The category that it is for, with all below it; nil is everything.
    package let categories: [Int64]?

    package init(
        name: String,
        rateBasisPoints: Int,
        isIncluded: Bool,
        taxesShipping: Bool = false,
        region: String? = nil,
        postalPrefix: String? = nil,
        categories: [Int64]? = nil
    ) {
        self.name = name
        self.rateBasisPoints = rateBasisPoints
        self.isIncluded = isIncluded
        self.taxesShipping = taxesShipping
        self.region = region
        self.postalPrefix = postalPrefix
        self.categories = categories
    }

    private enum CodingKeys: String, CodingKey {
        case name
        case rateBasisPoints = "rate_basis_points"
        case isIncluded = "is_included"
        case taxesShipping = "taxes_shipping"
        case region
        case postalPrefix = "postal_prefix"
        case categories
    }

    /// The tax on `amount`, half up: a part of it where it is included.
    func tax(on amount: Int64) -> Int64 {
        let rate = Int64(rateBasisPoints)
        return Rounding.halfUp(amount, times: rate, over: isIncluded ? 10_000 + rate : 10_000)
    }

    /// The one rate that counts for goods of a category: a category's before a general one, the narrower category first,
    /// then the one for the longest beginning of the postal code, then the region's.
    static func governing(_ category: Int64, among rates: [TaxRate]) -> TaxRate? {
        rates.filter { $0.categories?.contains(category) ?? true }.max { $0.precision < $1.precision }
    }

    /// The one for what is no goods: the general one.
    static func general(among rates: [TaxRate]) -> TaxRate? {
        rates.filter { $0.categories == nil }.max { $0.precision < $1.precision }
    }

    private var precision: (Int, Int, Int) {
        (categories.map { -$0.count } ?? .min, postalPrefix?.count ?? 0, region == nil ? 0 : 1)
    }
}
