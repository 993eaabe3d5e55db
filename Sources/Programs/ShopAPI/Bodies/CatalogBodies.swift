import Catalog
import Foundation

struct CategoryBody: Encodable {
    let slug: String
    let name: String
    /// The slug of the category above.
    let parent: String?
}

struct ProductSummaryBody: Encodable {
    let id: WireID
    let slug: String
    let name: String
    let priceAmount: Int64
    let currency: String
    let category: String
    let primaryImageURL: String
    let inStock: Bool

    private enum CodingKeys: String, CodingKey {
        case id, slug, name
        case priceAmount = "price_amount"
        case currency, category
        case primaryImageURL = "primary_image_url"
        case inStock = "in_stock"
    }

    init(_ product: ProductSummary) {
        id = WireID(product.id)
        slug = product.slug
        name = product.name
        priceAmount = product.priceAmount
        currency = product.currency
        category = product.category
        primaryImageURL = product.primaryImageURL
        inStock = product.inStock
    }
}

struct ProductBody: Encodable {
    struct Variant: Encodable {
        let id: WireID
        let sku: String
        let name: String
        let priceAmount: Int64
        let stockQuantity: Int
        let attributes: [String: String]

        private enum CodingKeys: String, CodingKey {
            case id, sku, name
            case priceAmount = "price_amount"
            case stockQuantity = "stock_quantity"
            case attributes
        }
    }

    struct Image: Encodable {
        let url: String
        let alt: String
        let isPrimary: Bool

        private enum CodingKeys: String, CodingKey {
            case url, alt
            case isPrimary = "is_primary"
        }
    }

    let id: WireID
    let slug: String
    let name: String
    let description: String
    let priceAmount: Int64
    let currency: String
    let category: String
    let brand: String?
    let status: String
    let primaryImageURL: String?
    let inStock: Bool
    let variants: [Variant]
    let images: [Image]
    let createdAt: Date
    let updatedAt: Date

    private enum CodingKeys: String, CodingKey {
        case id, slug, name, description
        case priceAmount = "price_amount"
        case currency, category, brand, status
        case primaryImageURL = "primary_image_url"
        case inStock = "in_stock"
        case variants, images
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }

    init(_ product: Product) {
        id = WireID(product.id)
        slug = product.slug
        name = product.name
        description = product.description
        priceAmount = product.priceAmount
        currency = product.currency
        category = product.category
        brand = product.brand
        status = product.status.rawValue
        primaryImageURL = product.images.first(where: \.isPrimary)?.url
        inStock = product.inStock
        variants = product.variants.map {
            Variant(
                id: WireID($0.id),
                sku: $0.sku,
                name: $0.name,
                priceAmount: $0.priceAmount,
                stockQuantity: $0.stockQuantity,
                attributes: $0.attributes
            )
        }
        images = product.images.map { Image(url: $0.url, alt: $0.alt, isPrimary: $0.isPrimary) }
        createdAt = product.createdAt
        updatedAt = product.updatedAt
    }
}
