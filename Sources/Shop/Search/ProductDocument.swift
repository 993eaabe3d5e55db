package import Foundation

/// A product as the search engine keeps it.
package struct ProductDocument: Codable, Equatable, Sendable {
    package let id: String
    package let slug: String
    package let name: String
    package let description: String
    package let category: String
    package let categoryName: String
    package let brand: String?
    package let brandName: String?
    package let skus: [String]
    package let priceAmount: Int64
    package let currency: String
    package let primaryImageURL: String
    package let inStock: Bool
    package let createdAt: Date

    enum CodingKeys: String, CodingKey {
        case id, slug, name, description, category
        case categoryName = "category_name"
        case brand
        case brandName = "brand_name"
        case skus
        case priceAmount = "price_amount"
        case currency
        case primaryImageURL = "primary_image_url"
        case inStock = "in_stock"
        case createdAt = "created_at"
    }
}

/// A document and the version of the product's row that it was made of.
package struct VersionedDocument: Equatable, Sendable {
    package let productID: Int64
    package let version: Int64
    /// `nil` for a product that is not for sale: it must not be found.
    package let document: ProductDocument?
}
