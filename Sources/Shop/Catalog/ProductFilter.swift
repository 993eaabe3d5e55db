package import Validation

/// Which products a list or a search is about.
package struct ProductFilter: Hashable, Sendable {
    /// The category's slug; products of the categories below it count too.
    package var category: String?
    /// The brand's slug.
    package var brand: String?
    /// All of them.
    package var tags: [String]
    /// One variant must have one of the values for each name.
    package var attributes: [String: Set<String>]
    /// Minor units, inclusive.
    package var minimumPrice: Int64?
    /// Minor units, inclusive.
    package var maximumPrice: Int64?
    package var inStock: Bool?

    package init(
        category: String? = nil,
        brand: String? = nil,
        tags: [String] = [],
        attributes: [String: Set<String>] = [:],
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
        validator.require(tags.allSatisfy(Slug.isValid), "tag", "must be a slug")
        validator.require(ProductLimits.tags.contains(tags.count), "tag", "must stand at most 50 times")
        validator.require(
            attributes.values.reduce(0) { $0 + $1.count } <= 50,
            "attribute",
            "must stand at most 50 times"
        )
        try validator.finish()
        self.category = category
        self.brand = brand
        self.tags = tags
        self.attributes = attributes
        self.minimumPrice = minimumPrice
        self.maximumPrice = maximumPrice
        self.inStock = inStock
    }
}

/// An attribute of a variant as one text, `size:M`: products repeat those of their variants, and search documents too.
package enum AttributeText {
    package static func make(_ name: String, _ value: String) -> String { "\(name):\(value)" }

    /// - Returns: `nil` without a colon, or with nothing before or behind it.
    package static func parse(_ text: String) -> (name: String, value: String)? {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let (name, value) = (text[..<colon], text[text.index(after: colon)...])
        return name.isEmpty || value.isEmpty ? nil : (String(name), String(value))
    }
}
