import Catalog

/// RFC 7396, as far as a product has fields that can be removed: `"brand": null` removes the brand.
struct ProductChangeBody: Decodable {
    private let name: String?
    private let slug: String?
    private let description: String?
    private let category: String?
    private let brand: Patch<String>
    private let status: ProductStatusBody?
    private let tags: [String]?
    private let seoTitle: Patch<String>
    private let seoDescription: Patch<String>
    private let currency: String?
    private let variants: [ProductDraftBody.Variant]?
    private let images: [ProductDraftBody.Image]?

    private enum CodingKeys: String, CodingKey {
        case name, slug, description, category, brand, status, tags
        case seoTitle = "seo_title"
        case seoDescription = "seo_description"
        case currency, variants, images
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decodeIfPresent(String.self, forKey: .name)
        slug = try container.decodeIfPresent(String.self, forKey: .slug)
        description = try container.decodeIfPresent(String.self, forKey: .description)
        category = try container.decodeIfPresent(String.self, forKey: .category)
        brand = try container.patch(forKey: .brand)
        status = try container.decodeIfPresent(ProductStatusBody.self, forKey: .status)
        tags = try container.decodeIfPresent([String].self, forKey: .tags)
        seoTitle = try container.patch(forKey: .seoTitle)
        seoDescription = try container.patch(forKey: .seoDescription)
        currency = try container.decodeIfPresent(String.self, forKey: .currency)
        variants = try container.decodeIfPresent([ProductDraftBody.Variant].self, forKey: .variants)
        images = try container.decodeIfPresent([ProductDraftBody.Image].self, forKey: .images)
    }

    func apply(to draft: inout ProductDraft) {
        draft.name = name ?? draft.name
        draft.slug = slug ?? draft.slug
        draft.description = description ?? draft.description
        draft.category = category ?? draft.category
        brand.apply(to: &draft.brand)
        draft.status = status?.value ?? draft.status
        draft.tags = tags ?? draft.tags
        seoTitle.apply(to: &draft.seo.title)
        seoDescription.apply(to: &draft.seo.description)
        draft.currency = currency ?? draft.currency
        draft.variants = variants?.map(\.draft) ?? draft.variants
        draft.images = images?.map(\.draft) ?? draft.images
    }
}

/// A change of one variant; `"compare_at_amount": null` removes it.
struct VariantChangeBody: Decodable {
    private let sku: String?
    private let name: String?
    private let priceAmount: Int64?
    private let compareAtAmount: Patch<Int64>
    private let stockQuantity: Int?
    private let lowStockThreshold: Int?
    private let attributes: [String: String]?

    private enum CodingKeys: String, CodingKey {
        case sku, name
        case priceAmount = "price_amount"
        case compareAtAmount = "compare_at_amount"
        case stockQuantity = "stock_quantity"
        case lowStockThreshold = "low_stock_threshold"
        case attributes
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        sku = try container.decodeIfPresent(String.self, forKey: .sku)
        name = try container.decodeIfPresent(String.self, forKey: .name)
        priceAmount = try container.decodeIfPresent(Int64.self, forKey: .priceAmount)
        compareAtAmount = try container.patch(forKey: .compareAtAmount)
        stockQuantity = try container.decodeIfPresent(Int.self, forKey: .stockQuantity)
        lowStockThreshold = try container.decodeIfPresent(Int.self, forKey: .lowStockThreshold)
        attributes = try container.decodeIfPresent([String: String].self, forKey: .attributes)
    }

    func apply(to variant: inout ProductDraft.Variant) {
        variant.sku = sku ?? variant.sku
        variant.name = name ?? variant.name
        variant.priceAmount = priceAmount ?? variant.priceAmount
        compareAtAmount.apply(to: &variant.compareAtAmount)
        variant.stockQuantity = stockQuantity ?? variant.stockQuantity
        variant.lowStockThreshold = lowStockThreshold ?? variant.lowStockThreshold
        variant.attributes = attributes ?? variant.attributes
    }
}

/// A change of one image; a null `width` and `height` remove the size.
struct ImageChangeBody: Decodable {
    private let url: String?
    private let alt: String?
    private let isPrimary: Bool?
    private let width: Patch<Int>
    private let height: Patch<Int>

    private enum CodingKeys: String, CodingKey {
        case url, alt
        case isPrimary = "is_primary"
        case width, height
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        url = try container.decodeIfPresent(String.self, forKey: .url)
        alt = try container.decodeIfPresent(String.self, forKey: .alt)
        isPrimary = try container.decodeIfPresent(Bool.self, forKey: .isPrimary)
        width = try container.patch(forKey: .width)
        height = try container.patch(forKey: .height)
    }

    func apply(to image: inout ProductDraft.Image) {
        image.url = url ?? image.url
        image.alt = alt ?? image.alt
        image.isPrimary = isPrimary ?? image.isPrimary
        width.apply(to: &image.width)
        height.apply(to: &image.height)
    }
}

struct ImageOrderBody: Decodable {
    let imageIDs: [WireID]

    private enum CodingKeys: String, CodingKey { case imageIDs = "image_ids" }
}
