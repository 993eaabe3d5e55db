import Postgres

/// One whole product from its three tables.
enum ProductRows {
    /// Reads a product with its variants and images in one round trip.
    ///
    /// The product's row is read first: the version in it is then never newer than the variants and images read after
    /// it, so a search document made of them is overwritten by the next version rather than kept stale.
    ///
    /// - Parameters:
    ///   - condition: picks one row of `products p`; `$1` is bound to `binding`.
    ///   - isLocking: locks the product and then its variants in id order, which is the order everybody locks them in.
    static func load(
        _ condition: String,
        binding: any PostgresEncodable,
        isLocking: Bool = false,
        in session: some PostgresSession
    ) async throws -> Product? {
        let answers = try await session.pipeline([
            PostgresQuery(
                unsafeSQL: """
                    SELECT p.id, p.slug, p.name, p.description, c.slug, b.name, p.status, p.currency, p.price_amount,
                        p.in_stock, p.version, p.created_at, p.updated_at, p.seller_id, p.compare_at_amount, p.tags,
                        p.seo_title, p.seo_description
                    FROM products p
                    JOIN categories c ON c.id = p.category_id
                    LEFT JOIN brands b ON b.id = p.brand_id
                    WHERE \(condition) \(isLocking ? "FOR NO KEY UPDATE OF p" : "")
                    """,
                [binding]
            ),
            PostgresQuery(
                unsafeSQL: """
                    SELECT v.id, v.sku, v.name, v.price_amount, v.stock_quantity, v.attributes, v.position,
                        v.compare_at_amount, v.low_stock_threshold
                    FROM products p JOIN product_variants v ON v.product_id = p.id
                    WHERE \(condition) ORDER BY v.id \(isLocking ? "FOR UPDATE OF v" : "")
                    """,
                [binding]
            ),
            PostgresQuery(
                unsafeSQL: """
                    SELECT i.id, i.url, i.alt, i.is_primary, i.width, i.height
                    FROM products p JOIN product_images i ON i.product_id = p.id
                    WHERE \(condition) ORDER BY i.position, i.id
                    """,
                [binding]
            ),
        ])
        guard var product = try answers[0].first.map(decode) else { return nil }
        product.variants = try answers[1].map(decodeVariant).sorted { $0.position < $1.position }.map(\.variant)
        product.images = try answers[2].map(decodeImage)
        return product
    }

    private static func decode(_ row: PostgresRow) throws -> Product {
        let status: String = try row.decode(6)
        return Product(
            id: try row.decode(0),
            slug: try row.decode(1),
            name: try row.decode(2),
            description: try row.decode(3),
            category: try row.decode(4),
            brand: try row.decode(5),
            sellerID: try row.decode(13),
            status: Product.Status(rawValue: status) ?? .draft,
            tags: try row.decode(15),
            seo: SearchEngineText(title: try row.decode(16), description: try row.decode(17)),
            currency: try row.decode(7),
            priceAmount: try row.decode(8),
            compareAtAmount: try row.decode(14),
            inStock: try row.decode(9),
            version: try row.decode(10),
            createdAt: try row.decode(11),
            updatedAt: try row.decode(12),
            variants: [],
            images: []
        )
    }

    private static func decodeVariant(_ row: PostgresRow) throws -> (position: Int32, variant: ProductVariant) {
        let attributes: PostgresJSON<[String: String]> = try row.decode(5)
        let variant = ProductVariant(
            id: try row.decode(0),
            sku: try row.decode(1),
            name: try row.decode(2),
            priceAmount: try row.decode(3),
            compareAtAmount: try row.decode(7),
            stockQuantity: try row.decode(4),
            lowStockThreshold: try row.decode(8),
            attributes: attributes.value
        )
        return (try row.decode(6), variant)
    }

    private static func decodeImage(_ row: PostgresRow) throws -> ProductImage {
        let (width, height) = (try row.decode(4, as: Int?.self), try row.decode(5, as: Int?.self))
        return ProductImage(
            id: try row.decode(0),
            url: try row.decode(1),
            alt: try row.decode(2),
            isPrimary: try row.decode(3),
            size: width.flatMap { width in height.map { ImageSize(width: width, height: $0) } }
        )
    }
}
