import Catalog

/// A product as a seller sends it, whole (POST, PUT) or in the parts that change (PATCH).
struct ProductDraftBody: Decodable {
    struct Variant: Decodable {
        let sku: String
        let name: String?
        let priceAmount: Int64
        let compareAtAmount: Int64?
        let stockQuantity: Int?
        let lowStockThreshold: Int?
        let attributes: [String: String]?

        private enum CodingKeys: String, CodingKey {
            case sku, name
            case priceAmount = "price_amount"
            case compareAtAmount = "compare_at_amount"
            case stockQuantity = "stock_quantity"
            case lowStockThreshold = "low_stock_threshold"
            case attributes
        }

        var draft: ProductDraft.Variant {
            .init(
                sku: sku,
                name: name ?? "Standard",
                priceAmount: priceAmount,
                compareAtAmount: compareAtAmount,
                stockQuantity: stockQuantity,
                lowStockThreshold: lowStockThreshold,
                attributes: attributes ?? [:]
            )
        }
    }

    struct Image: Decodable {
        let url: String
        let alt: String?
        let isPrimary: Bool?
        let width: Int?
        let height: Int?

        private enum CodingKeys: String, CodingKey {
            case url, alt
            case isPrimary = "is_primary"
            case width, height
        }

        var draft: ProductDraft.Image {
            .init(url: url, alt: alt ?? "", isPrimary: isPrimary ?? false, width: width, height: height)
        }
    }

    let name: String
    let slug: String?
    let description: String?
    let category: String
    let brand: String?
    let status: ProductStatusBody?
    let tags: [String]?
    let seoTitle: String?
    let seoDescription: String?
    let currency: String
    let variants: [Variant]
    let images: [Image]?

    private enum CodingKeys: String, CodingKey {
        case name, slug, description, category, brand, status, tags
        case seoTitle = "seo_title"
        case seoDescription = "seo_description"
        case currency, variants, images
    }

    var draft: ProductDraft {
        ProductDraft(
            name: name,
            slug: slug,
            description: description ?? "",
            category: category,
            brand: brand,
            status: status?.value ?? .active,
            tags: tags ?? [],
            seo: SearchEngineText(title: seoTitle, description: seoDescription),
            currency: currency,
            variants: variants.map(\.draft),
            images: images?.map(\.draft) ?? []
        )
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
