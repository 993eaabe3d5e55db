package import Foundation

/// A product as its page shows it.
package struct Product: Equatable, Sendable {
    package let id: Int64
    package let slug: String
    package let name: String
    package let description: String
    package let category: String
    package let brand: String?
    package let status: Status
    package let currency: String
    /// Of the cheapest variant, in minor units.
    package let priceAmount: Int64
    package let inStock: Bool
    /// The external version of the product's search document.
    package let version: Int64
    package let createdAt: Date
    package let updatedAt: Date
    package var variants: [ProductVariant]
    package var images: [ProductImage]

    package enum Status: String, Sendable, Codable, CaseIterable { case draft, active, archived }
}

/// What is put into a box: one size, one colour, one price, one stock level.
package struct ProductVariant: Equatable, Sendable {
    package let id: Int64
    package let sku: String
    package let name: String
    package let priceAmount: Int64
    package let stockQuantity: Int
    package let attributes: [String: String]
}

package struct ProductImage: Equatable, Sendable {
    package let url: String
    package let alt: String
    package let isPrimary: Bool
}

/// A product as a list shows it.
package struct ProductSummary: Equatable, Sendable {
    package let id: Int64
    package let slug: String
    package let name: String
    package let priceAmount: Int64
    package let currency: String
    package let category: String
    package let primaryImageURL: String
    package let inStock: Bool

    package init(
        id: Int64,
        slug: String,
        name: String,
        priceAmount: Int64,
        currency: String,
        category: String,
        primaryImageURL: String,
        inStock: Bool
    ) {
        self.id = id
        self.slug = slug
        self.name = name
        self.priceAmount = priceAmount
        self.currency = currency
        self.category = category
        self.primaryImageURL = primaryImageURL
        self.inStock = inStock
    }
}

package struct Category: Equatable, Sendable {
    package let id: Int64
    package let parentID: Int64?
    package let slug: String
    package let name: String
}
