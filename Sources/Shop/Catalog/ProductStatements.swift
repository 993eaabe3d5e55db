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
    static func insert(_ draft: ProductDraft) -> PostgresQuery {
        """
        INSERT INTO products (slug, name, description, category_id, brand_id, status, currency, price_amount, in_stock,
            primary_image_url)
        SELECT \(draft.slug ?? "")::text, \(draft.name)::text, \(draft.description)::text, c.id,
            (SELECT id FROM brands WHERE slug = \(Slug.make(draft.brand ?? ""))), \(draft.status.rawValue)::text,
            \(draft.currency)::text, \(draft.lowestPrice)::bigint,
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
            status = \(draft.status.rawValue), currency = \(draft.currency), price_amount = \(draft.lowestPrice),
            in_stock = \(inStock), primary_image_url = \(draft.primaryImageURL), version = version + 1,
            updated_at = now()
        FROM categories c WHERE p.id = \(id) AND c.slug = \(draft.category)
        RETURNING version
        """
    }

    static func insertVariants(
        _ variants: [ProductDraft.Variant],
        from position: Int,
        productID: Int64,
        actor: Int64
    ) -> PostgresQuery {
        """
        WITH changed AS (
            INSERT INTO product_variants (product_id, sku, name, price_amount, stock_quantity, attributes, position)
            SELECT \(productID)::bigint, n.* FROM unnest(
                \(variants.map(\.sku))::text[], \(variants.map(\.name))::text[],
                \(variants.map(\.priceAmount))::bigint[], \(variants.map { $0.stockQuantity ?? 0 })::integer[],
                \(variants.map { PostgresJSON($0.attributes) })::jsonb[],
                \(variants.indices.map { position + $0 })::integer[]
            ) AS n
            RETURNING id, stock_quantity AS delta
        )
        \(StockLedger.record(.initial, actor: actor))
        """
    }

    static func deleteImages(productID: Int64) -> PostgresQuery {
        "DELETE FROM product_images WHERE product_id = \(productID)"
    }

    static func insertImages(_ images: [ProductDraft.Image], productID: Int64) -> PostgresQuery {
        """
        INSERT INTO product_images (product_id, url, alt, is_primary, position)
        SELECT \(productID)::bigint, n.* FROM unnest(
            \(images.map(\.url))::text[], \(images.map(\.alt))::text[], \(images.map(\.isPrimary))::boolean[],
            \(Array(images.indices))::integer[]
        ) AS n
        """
    }
}

extension ProductDraft {
    fileprivate var lowestPrice: Int64 { variants.map(\.priceAmount).min() ?? 0 }
    fileprivate var primaryImageURL: String { images.first(where: \.isPrimary)?.url ?? "" }
}
