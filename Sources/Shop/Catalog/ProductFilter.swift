package import Validation

/// Which products a list or a search is about.
package struct ProductFilter: Hashable, Sendable {
    /// The category's slug.
    package var category: String?
    /// The brand's slug.
    package var brand: String?
    /// Minor units, inclusive.
    package var minimumPrice: Int64?
    /// Minor units, inclusive.
    package var maximumPrice: Int64?
    package var inStock: Bool?

    package init(
        category: String? = nil,
        brand: String? = nil,
        minimumPrice: Int64? = nil,
        maximumPrice: Int64? = nil,
        inStock: Bool? = nil
    ) throws(ValidationError) {
        var validator = Validator()
        validator.require((minimumPrice ?? 0) >= 0, "min_price", "must not be negative")
        validator.require((maximumPrice ?? 0) >= 0, "max_price", "must not be negative")
        if let minimumPrice, let maximumPrice {
            validator.require(minimumPrice <= maximumPrice, "max_price", "must not be less than min_price")
        }
        try validator.finish()
        self.category = category
        self.brand = brand
        self.minimumPrice = minimumPrice
        self.maximumPrice = maximumPrice
        self.inStock = inStock
    }
}
