import Catalog

/// A product as a seller sends it, whole (POST, PUT) or in the parts that change (PATCH).
struct ProductDraftBody: Decodable {
    struct Variant: Decodable {
        let sku: String
        let name: String?
        let priceAmount: Int64
        let stockQuantity: Int?
        let attributes: [String: String]?

        private enum CodingKeys: String, CodingKey {
            case sku, name
            case priceAmount = "price_amount"
            case stockQuantity = "stock_quantity"
            case attributes
        }

        var draft: ProductDraft.Variant {
            .init(
                sku: sku,
                name: name ?? "Standard",
                priceAmount: priceAmount,
                stockQuantity: stockQuantity,
                attributes: attributes ?? [:]
            )
        }
    }

    struct Image: Decodable {
        let url: String
        let alt: String?
        let isPrimary: Bool?

        private enum CodingKeys: String, CodingKey {
            case url, alt
            case isPrimary = "is_primary"
        }

        var draft: ProductDraft.Image { .init(url: url, alt: alt ?? "", isPrimary: isPrimary ?? false) }
    }

    let name: String
    let slug: String?
    let description: String?
    let category: String
    let brand: String?
    let status: ProductStatusBody?
    let currency: String
    let variants: [Variant]
    let images: [Image]

    var draft: ProductDraft {
        ProductDraft(
            name: name,
            slug: slug,
            description: description ?? "",
            category: category,
            brand: brand,
            status: status?.value ?? .active,
            currency: currency,
            variants: variants.map(\.draft),
            images: images.map(\.draft)
        )
    }
}

/// RFC 7396, as far as a product has fields that can be removed: `"brand": null` removes the brand.
struct ProductChangeBody: Decodable {
    private let name: String?
    private let slug: String?
    private let description: String?
    private let category: String?
    private let brand: String?
    private let removesBrand: Bool
    private let status: ProductStatusBody?
    private let currency: String?
    private let variants: [ProductDraftBody.Variant]?
    private let images: [ProductDraftBody.Image]?

    private enum CodingKeys: String, CodingKey {
        case name, slug, description, category, brand, status, currency, variants, images
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decodeIfPresent(String.self, forKey: .name)
        slug = try container.decodeIfPresent(String.self, forKey: .slug)
        description = try container.decodeIfPresent(String.self, forKey: .description)
        category = try container.decodeIfPresent(String.self, forKey: .category)
        brand = try container.decodeIfPresent(String.self, forKey: .brand)
        removesBrand = container.contains(.brand) && brand == nil
        status = try container.decodeIfPresent(ProductStatusBody.self, forKey: .status)
        currency = try container.decodeIfPresent(String.self, forKey: .currency)
        variants = try container.decodeIfPresent([ProductDraftBody.Variant].self, forKey: .variants)
        images = try container.decodeIfPresent([ProductDraftBody.Image].self, forKey: .images)
    }

    func apply(to draft: inout ProductDraft) {
        draft.name = name ?? draft.name
        draft.slug = slug ?? draft.slug
        draft.description = description ?? draft.description
        draft.category = category ?? draft.category
        draft.brand = removesBrand ? nil : brand ?? draft.brand
        draft.status = status?.value ?? draft.status
        draft.currency = currency ?? draft.currency
        draft.variants = variants?.map(\.draft) ?? draft.variants
        draft.images = images?.map(\.draft) ?? draft.images
    }
}

struct ProductStatusBody: Decodable {
    let value: Product.Status

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let status = Product.Status(rawValue: try container.decode(String.self)) else {
            let known = Product.Status.allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "must be one of \(known)")
        }
        value = status
    }
}
