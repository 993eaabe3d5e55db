package import Foundation

/// A product as its page shows it.
package struct Product: Equatable, Sendable {
    package let id: Int64
    package let slug: String
    package let name: String
    package let description: String
    package let category: String
    package let brand: String?
    /// `nil` for what the shop sells itself.
    package let sellerID: Int64?
    package let status: Status
    package let tags: [String]
    package let seo: SearchEngineText
    package let currency: String
    /// Of the cheapest variant, in minor units.
    package let priceAmount: Int64
    /// What the cheapest variant used to cost, in minor units.
    package let compareAtAmount: Int64?
    package let inStock: Bool
    /// The external version of the product's search document: it rises with every edit.
    package let version: Int64
    package let createdAt: Date
    package let updatedAt: Date
    package var variants: [ProductVariant]
    package var images: [ProductImage]

    package enum Status: String, Sendable, Codable, CaseIterable { case draft, active, archived }
}

/// What search engines of the world show of a product instead of its name and description.
package struct SearchEngineText: Equatable, Sendable {
    package var title: String?
    package var description: String?

    package init(title: String? = nil, description: String? = nil) {
        self.title = title
        self.description = description
    }
}

/// What is put into a box: one size, one colour, one price, one stock level.
package struct ProductVariant: Equatable, Sendable {
    package let id: Int64
    package let sku: String
    package let name: String
    package let priceAmount: Int64
    /// What it used to cost, in minor units; more than it costs now.
    package var compareAtAmount: Int64?
    package let stockQuantity: Int
    /// At this level and below, more should be ordered.
    package var lowStockThreshold = ProductLimits.usualLowStockThreshold
    package let attributes: [String: String]
}

package struct ProductImage: Equatable, Sendable {
    package var id: Int64 = 0
    package let url: String
    package let alt: String
    package let isPrimary: Bool
    package var size: ImageSize?
}

/// In pixels.
package struct ImageSize: Hashable, Sendable {
    package let width: Int
    package let height: Int

    package init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }
}

/// A product as a list shows it.
package struct ProductSummary: Equatable, Sendable {
    package let id: Int64
    package let slug: String
    package let name: String
    package let priceAmount: Int64
    package let compareAtAmount: Int64?
    package let currency: String
    package let category: String
    package let primaryImageURL: String
    package let inStock: Bool

    package init(
        id: Int64,
        slug: String,
        name: String,
        priceAmount: Int64,
        compareAtAmount: Int64?,
        currency: String,
        category: String,
        primaryImageURL: String,
        inStock: Bool
    ) {
        self.id = id
        self.slug = slug
        self.name = name
        self.priceAmount = priceAmount
        self.compareAtAmount = compareAtAmount
        self.currency = currency
        self.category = category
        self.primaryImageURL = primaryImageURL
        self.inStock = inStock
    }
}

/// A product as the list of those who manage it shows it.
package struct ManagedProduct: Equatable, Sendable {
    package let id: Int64
    package let slug: String
    package let name: String
    package let status: Product.Status
    package let priceAmount: Int64
    package let compareAtAmount: Int64?
    package let currency: String
    package let category: String
    package let brand: String?
    package let primaryImageURL: String?
    package let sellerID: Int64?
    package let variantCount: Int
    /// Of all variants together.
    package let stockQuantity: Int
    package let updatedAt: Date
}
