package import Catalog
package import Validation

/// A page of what was found.
package struct SearchResult: Equatable, Sendable {
    /// Who answered.
    package enum Source: String, Sendable { case search, database }

    package struct Hit: Equatable, Sendable {
        package let product: ProductSummary
        /// Field → HTML with the found words in `<em>`.
        package let highlight: [String: String]
    }

    package struct Facets: Equatable, Sendable {
        package struct Value: Equatable, Sendable {
            package let value: String
            package let count: Int
        }

        package let categories: [Value]
        package let brands: [Value]
        package let tags: [Value]
        /// By the attribute's name.
        package let attributes: [String: [Value]]
        /// `true` and `false`.
        package let inStock: [Value]
        /// Minor units; `nil` when nothing was found.
        package let priceRange: ClosedRange<Int64>?
    }

    package let count: Int
    package let request: PageRequest
    package let hits: [Hit]
    /// `nil` when the database answered.
    package let facets: Facets?
    package let source: Source
}
