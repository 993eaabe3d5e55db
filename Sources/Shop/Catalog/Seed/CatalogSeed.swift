package import Postgres

/// Fills a shop with made-up products that read like real ones.
///
/// Product k is the same on every machine, and seeding again only adds what is missing up to the wanted number. Needs a
/// role that may read the tables' identity sequences: the owner.
package struct CatalogSeed: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Brings the number of made-up products to `count`, in one transaction.
    ///
    /// - Returns: how many products were added.
    @discardableResult
    package func run(products count: Int) async throws -> Int {
        try await pool.transaction { transaction in
            // One seeding at a time: two would choose the same numbers.
            try await transaction.query("SELECT pg_advisory_xact_lock(hashtext('wharf.catalog.seed'))")
            let first = try await nextOrdinal(transaction)
            guard first <= count else { return 0 }
            let shelves = try await addShelves(transaction)
            for batch in stride(from: first, through: count, by: 5_000) {
                try await copy(batch...min(batch + 4_999, count), shelves, transaction)
            }
            return count - first + 1
        }
    }

    private func nextOrdinal(_ transaction: PostgresTransaction) async throws -> Int {
        let rows = try await transaction.query(
            "SELECT max(substr(sku, 2, 7))::bigint FROM product_variants WHERE sku ~ '^S[0-9]{7}-[0-9]+$'"
        )
        return Int(try rows.single(Int64?.self).flatMap { $0 } ?? 0) + 1
    }

    private struct Shelves {
        var categories: [String: Int64]
        var brands: [String: Int64]
    }

    private func addShelves(_ transaction: PostgresTransaction) async throws -> Shelves {
        let categories = Assortment.all.map(\.category)
        let brands = Assortment.brands
        let answers = try await transaction.pipeline([
            """
            INSERT INTO categories (slug, name, position)
            SELECT * FROM unnest(
                \(categories.map(Slug.make))::text[], \(categories)::text[], \(Array(categories.indices))::integer[]
            )
            ON CONFLICT (slug) DO NOTHING
            """,
            """
            INSERT INTO brands (slug, name) SELECT * FROM unnest(\(brands.map(Slug.make))::text[], \(brands)::text[])
            ON CONFLICT (slug) DO NOTHING
            """,
            "SELECT slug, id FROM categories WHERE slug = ANY(\(categories.map(Slug.make)))",
            "SELECT slug, id FROM brands WHERE slug = ANY(\(brands.map(Slug.make)))",
        ])
        return Shelves(categories: try Self.ids(answers[2]), brands: try Self.ids(answers[3]))
    }

    private static func ids(_ rows: PostgresRows) throws -> [String: Int64] {
        Dictionary(uniqueKeysWithValues: try rows.map { try $0.decode(String.self, Int64.self) })
    }

    private func copy(
        _ ordinals: ClosedRange<Int>,
        _ shelves: Shelves,
        _ transaction: PostgresTransaction
    ) async throws {
        let ids = try await transaction.query(
            """
            SELECT nextval(pg_get_serial_sequence('products', 'id')) FROM generate_series(1, \(ordinals.count)::bigint)
            """
        ).map { try $0.decode(0, as: Int64.self) }
        let products = zip(ids, ordinals).map { (id: $0, product: SeedProduct(ordinal: $1)) }
        try await transaction.copyIn(
            """
            COPY products (id, slug, name, description, category_id, brand_id, currency, price_amount, compare_at_amount,
                in_stock, primary_image_url, tags, attributes) FROM STDIN
            """,
            rows: CopyRows(try products.map { try Self.row($0.id, $0.product, shelves) })
        )
        try await transaction.copyIn(
            """
            COPY product_variants (product_id, sku, name, price_amount, compare_at_amount, stock_quantity, attributes,
                position) FROM STDIN
            """,
            rows: CopyRows(
                products.flatMap { id, product in
                    product.variants.enumerated().map { Self.row(id, $0.offset, $0.element) }
                }
            )
        )
        transaction.enqueue(
            """
            WITH changed AS (
                SELECT id, stock_quantity AS delta FROM product_variants WHERE product_id = ANY(\(ids)::bigint[])
            )
            \(StockLedger.record(.initial))
            """
        )
        try await transaction.copyIn(
            "COPY product_images (product_id, url, alt, is_primary, width, height, position) FROM STDIN",
            rows: CopyRows(
                products.flatMap { id, product in
                    product.images.enumerated().map { index, image in
                        CopyText.row([
                            String(id), image.url, image.alt, image.isPrimary ? "t" : "f",
                            (image.size?.width).map(String.init), (image.size?.height).map(String.init), String(index),
                        ])
                    }
                }
            )
        )
        _ = try ProductTouch.enqueue(ids, in: transaction)
    }

    private static func row(_ id: Int64, _ product: SeedProduct, _ shelves: Shelves) throws -> [UInt8] {
        let cheapest = product.variants.min { $0.priceAmount < $1.priceAmount }
        let attributes = Set(product.variants.flatMap { $0.attributes.map { AttributeText.make($0.key, $0.value) } })
        return CopyText.row([
            String(id), product.slug, product.name, product.description,
            shelves.categories[Slug.make(product.category)].map(String.init),
            shelves.brands[Slug.make(product.brand)].map(String.init),
            SeedProduct.currency,
            String(cheapest?.priceAmount ?? 0),
            (cheapest?.compareAtAmount).map { String($0) },
            product.variants.contains { $0.stockQuantity > 0 } ? "t" : "f",
            product.images.first(where: \.isPrimary)?.url,
            try product.tags.postgresText,
            try attributes.sorted().postgresText,
        ])
    }

    private static func row(_ productID: Int64, _ position: Int, _ variant: ProductVariant) -> [UInt8] {
        // The made-up attributes are single words without anything that JSON would escape.
        let attributes = variant.attributes.map { "\"\($0)\":\"\($1)\"" }.joined(separator: ",")
        return CopyText.row([
            String(productID), variant.sku, variant.name, String(variant.priceAmount),
            variant.compareAtAmount.map { String($0) }, String(variant.stockQuantity), "{\(attributes)}",
            String(position),
        ])
    }
}
