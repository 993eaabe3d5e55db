import Catalog
import Foundation

struct ProductSummaryBody: Encodable {
    let id: WireID
    let slug: String
    let name: String
    let priceAmount: Int64
    let compareAtAmount: Int64?
    let currency: String
    let category: String
    let primaryImageURL: String
    let inStock: Bool

    private enum CodingKeys: String, CodingKey {
        case id, slug, name
        case priceAmount = "price_amount"
        case compareAtAmount = "compare_at_amount"
        case currency, category
        case primaryImageURL = "primary_image_url"
        case inStock = "in_stock"
    }

    init(_ product: ProductSummary) {
        id = WireID(product.id)
        slug = product.slug
        name = product.name
        priceAmount = product.priceAmount
        compareAtAmount = product.compareAtAmount
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
        let compareAtAmount: Int64?
        let stockQuantity: Int
        let lowStockThreshold: Int?
        let attributes: [String: String]

        private enum CodingKeys: String, CodingKey {
            case id, sku, name
            case priceAmount = "price_amount"
            case compareAtAmount = "compare_at_amount"
            case stockQuantity = "stock_quantity"
            case lowStockThreshold = "low_stock_threshold"
            case attributes
        }

        init(_ variant: ProductVariant, isManaged: Bool) {
            id = WireID(variant.id)
            sku = variant.sku
            name = variant.name
            priceAmount = variant.priceAmount
            compareAtAmount = variant.compareAtAmount
            stockQuantity = variant.stockQuantity
            lowStockThreshold = isManaged ? variant.lowStockThreshold : nil
            attributes = variant.attributes
        }
    }

    struct Image: Encodable {
        let id: WireID
        let url: String
        let alt: String
        let isPrimary: Bool
        let width: Int?
        let height: Int?

        private enum CodingKeys: String, CodingKey {
            case id, url, alt
            case isPrimary = "is_primary"
            case width, height
        }

        init(_ image: ProductImage) {
            id = WireID(image.id)
            url = image.url
            alt = image.alt
            isPrimary = image.isPrimary
            width = image.size?.width
            height = image.size?.height
        }
    }

    let id: WireID
    let slug: String
    let name: String
    let description: String
    let priceAmount: Int64
    let compareAtAmount: Int64?
    let currency: String
    let category: String
    let brand: String?
    let sellerID: WireID?
    let status: String
    let tags: [String]
    let seoTitle: String?
    let seoDescription: String?
    let primaryImageURL: String?
    let inStock: Bool
    let variants: [Variant]
    let images: [Image]
    let createdAt: Date
    let updatedAt: Date

    private enum CodingKeys: String, CodingKey {
        case id, slug, name, description
        case priceAmount = "price_amount"
        case compareAtAmount = "compare_at_amount"
        case currency, category, brand
        case sellerID = "seller_id"
        case status, tags
        case seoTitle = "seo_title"
        case seoDescription = "seo_description"
        case primaryImageURL = "primary_image_url"
        case inStock = "in_stock"
        case variants, images
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }

    /// - Parameter isManaged: with what only those who manage the product are told.
    init(_ product: Product, isManaged: Bool = false) {
        id = WireID(product.id)
        slug = product.slug
        name = product.name
        description = product.description
        priceAmount = product.priceAmount
        compareAtAmount = product.compareAtAmount
        currency = product.currency
        category = product.category
        brand = product.brand
        sellerID = isManaged ? product.sellerID.map(WireID.init) : nil
        status = product.status.rawValue
        tags = product.tags
        seoTitle = product.seo.title
        seoDescription = product.seo.description
        primaryImageURL = product.images.first(where: \.isPrimary)?.url
        inStock = product.inStock
        variants = product.variants.map { Variant($0, isManaged: isManaged) }
        images = product.images.map(Image.init)
        createdAt = product.createdAt
        updatedAt = product.updatedAt
    }
}

struct ManagedProductBody: Encodable {
    let id: WireID
    let slug: String
    let name: String
    let status: String
    let priceAmount: Int64
    let compareAtAmount: Int64?
    let currency: String
    let category: String
    let brand: String?
    let primaryImageURL: String?
    let sellerID: WireID?
    let variantCount: Int
    let stockQuantity: Int
    let updatedAt: Date

    private enum CodingKeys: String, CodingKey {
        case id, slug, name, status
        case priceAmount = "price_amount"
        case compareAtAmount = "compare_at_amount"
        case currency, category, brand
        case primaryImageURL = "primary_image_url"
        case sellerID = "seller_id"
        case variantCount = "variant_count"
        case stockQuantity = "stock_quantity"
        case updatedAt = "updated_at"
    }

    init(_ product: ManagedProduct) {
        id = WireID(product.id)
        slug = product.slug
        name = product.name
        status = product.status.rawValue
        priceAmount = product.priceAmount
        compareAtAmount = product.compareAtAmount
        currency = product.currency
        category = product.category
        brand = product.brand
        primaryImageURL = product.primaryImageURL
        sellerID = product.sellerID.map(WireID.init)
        variantCount = product.variantCount
        stockQuantity = product.stockQuantity
        updatedAt = product.updatedAt
    }
}
