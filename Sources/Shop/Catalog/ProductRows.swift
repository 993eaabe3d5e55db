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
                        p.in_stock, p.version, p.created_at, p.updated_at
                    FROM products p
                    JOIN categories c ON c.id = p.category_id
                    LEFT JOIN brands b ON b.id = p.brand_id
                    WHERE \(condition) \(isLocking ? "FOR NO KEY UPDATE OF p" : "")
                    """,
                [binding]
            ),
            PostgresQuery(
                unsafeSQL: """
                    SELECT v.id, v.sku, v.name, v.price_amount, v.stock_quantity, v.attributes, v.position
                    FROM products p JOIN product_variants v ON v.product_id = p.id
                    WHERE \(condition) ORDER BY v.id \(isLocking ? "FOR UPDATE OF v" : "")
                    """,
                [binding]
            ),
            PostgresQuery(
                unsafeSQL: """
                    SELECT i.url, i.alt, i.is_primary
                    FROM products p JOIN product_images i ON i.product_id = p.id
                    WHERE \(condition) ORDER BY i.position, i.id
                    """,
                [binding]
            ),
        ])
        guard var product = try answers[0].first.map(decode) else { return nil }
        product.variants = try answers[1].map(decodeVariant).sorted { $0.position < $1.position }.map(\.variant)
        product.images = try answers[2].map { row in
            let (url, alt, isPrimary) = try row.decode(String.self, String.self, Bool.self)
            return ProductImage(url: url, alt: alt, isPrimary: isPrimary)
        }
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
            status: Product.Status(rawValue: status) ?? .draft,
            currency: try row.decode(7),
            priceAmount: try row.decode(8),
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
            stockQuantity: try row.decode(4),
            attributes: attributes.value
        )
        return (try row.decode(6), variant)
    }
}
