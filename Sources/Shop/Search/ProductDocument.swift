package import Foundation

/// A product as the search engine keeps it.
package struct ProductDocument: Encodable, Equatable, Sendable {
    package let id: String
    package let slug: String
    package let name: String
    package let description: String
    package let category: String
    package let categoryName: String
    /// The slugs of the category and of all above it: who looks into one finds what lies in those below.
    package let categories: [String]
    package let brand: String?
    package let brandName: String?
    package let skus: [String]
    package let tags: [String]
    /// The tags as words: `winter-sale` is found by "sale".
    package let tagWords: String
    /// Of all variants, `size:M`.
    package let attributes: [String]
    package let priceAmount: Int64
    package let compareAtAmount: Int64?
    package let currency: String
    package let primaryImageURL: String
    package let inStock: Bool
    package let createdAt: Date

    enum CodingKeys: String, CodingKey {
        case id, slug, name, description, category
        case categoryName = "category_name"
        case categories, brand
        case brandName = "brand_name"
        case skus, tags
        case tagWords = "tag_words"
        case attributes
        case priceAmount = "price_amount"
        case compareAtAmount = "compare_at_amount"
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
