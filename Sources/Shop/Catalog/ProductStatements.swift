import Postgres

/// The statements that write a product. The columns of `products` that repeat what variants and images say are computed
/// here, from the draft.
enum ProductStatements {
    static func addBrand(_ draft: ProductDraft) -> PostgresQuery {
        """
        INSERT INTO brands (slug, name) SELECT \(Slug.make(draft.brand ?? ""))::text, \(draft.brand ?? "")::text
        WHERE \(draft.brand != nil)::boolean ON CONFLICT (slug) DO NOTHING
        """
    }

    /// Answers the id, or no row when the category does not exist.
    static func insert(_ draft: ProductDraft, sellerID: Int64?) -> PostgresQuery {
        """
        INSERT INTO products (slug, name, description, category_id, brand_id, seller_id, status, tags, seo_title,
            seo_description, currency, price_amount, compare_at_amount, attributes, in_stock, primary_image_url)
        SELECT \(draft.slug ?? "")::text, \(draft.name)::text, \(draft.description)::text, c.id,
            (SELECT id FROM brands WHERE slug = \(Slug.make(draft.brand ?? ""))), \(sellerID)::bigint,
            \(draft.status.rawValue)::text, \(draft.tags)::text[], \(draft.seo.title)::text,
            \(draft.seo.description)::text, \(draft.currency)::text, \(draft.cheapest?.priceAmount ?? 0)::bigint,
            \(draft.cheapest?.compareAtAmount)::bigint, \(draft.attributeTexts)::text[],
            \(draft.variants.contains { $0.stockQuantity ?? 0 > 0 })::boolean, \(draft.primaryImageURL)::text
        FROM categories c WHERE c.slug = \(draft.category)
        RETURNING id
        """
    }

    /// Answers the version, or no row when the category does not exist.
    static func update(_ id: Int64, _ draft: ProductDraft, inStock: Bool) -> PostgresQuery {
        """
        UPDATE products p
        SET slug = \(draft.slug ?? ""), name = \(draft.name), description = \(draft.description), category_id = c.id,
            brand_id = (SELECT id FROM brands WHERE slug = \(Slug.make(draft.brand ?? ""))),
            status = \(draft.status.rawValue), tags = \(draft.tags), seo_title = \(draft.seo.title),
            seo_description = \(draft.seo.description), currency = \(draft.currency),
            price_amount = \(draft.cheapest?.priceAmount ?? 0), compare_at_amount = \(draft.cheapest?.compareAtAmount),
            attributes = \(draft.attributeTexts), in_stock = \(inStock), primary_image_url = \(draft.primaryImageURL),
            version = version + 1, updated_at = now()
        FROM categories c WHERE p.id = \(id) AND c.slug = \(draft.category)
        RETURNING version
        """
    }

    static func insertVariants(
        _ variants: [(position: Int, variant: ProductDraft.Variant)],
        productID: Int64,
        actor: Int64
    ) -> PostgresQuery {
        let usual = ProductLimits.usualLowStockThreshold
        return """
            WITH changed AS (
                INSERT INTO product_variants (product_id, sku, name, price_amount, compare_at_amount, stock_quantity,
                    low_stock_threshold, attributes, position)
                SELECT \(productID)::bigint, n.* FROM unnest(
                    \(variants.map(\.variant.sku))::text[], \(variants.map(\.variant.name))::text[],
                    \(variants.map(\.variant.priceAmount))::bigint[],
                    \(variants.map(\.variant.compareAtAmount))::bigint[],
                    \(variants.map { $0.variant.stockQuantity ?? 0 })::integer[],
                    \(variants.map { $0.variant.lowStockThreshold ?? usual })::integer[],
                    \(variants.map { PostgresJSON($0.variant.attributes) })::jsonb[],
                    \(variants.map(\.position))::integer[]
                ) AS n
                RETURNING id, stock_quantity AS delta
            )
            \(StockLedger.record(.initial, actor: actor))
            """
    }
}

extension ProductDraft {
    fileprivate var cheapest: Variant? { variants.min { $0.priceAmount < $1.priceAmount } }
    fileprivate var primaryImageURL: String? { images.first(where: \.isPrimary)?.url }

    /// What any variant has, sorted, each once.
    fileprivate var attributeTexts: [String] {
        Set(variants.flatMap { $0.attributes.map { AttributeText.make($0.key, $0.value) } }).sorted()
    }
}
