package import Postgres
package import Validation

/// The statements behind a page of products.
///
/// The page is cut from one index of `products` (newest, price and name have one each); category and image address are read
/// for the rows of the page alone. Nothing here looks at variants but a filter by several attributes, whose candidates
/// `products.attributes` has narrowed: an `EXISTS` over them would visit every product before the first row of the page is
/// known.
package struct ProductList: Sendable {
    package enum Sort: String, Sendable, CaseIterable {
        case newest
        case cheapest = "price"
        case dearest = "-price"
        case name
        case nameDescending = "-name"
    }

    /// Which products there are at all for the reader.
    package enum Scope: Equatable, Sendable {
        case shop
        /// For those who manage products: `nil` for everybody's, `nil` for every state.
        case managed(sellerID: Int64?, status: Product.Status?)
    }

    package let filter: ProductFilter
    package let sort: Sort
    package let request: PageRequest
    /// Words that name or description must have, all of them, spelled as they are.
    package let words: String?
    package let scope: Scope

    package init(
        filter: ProductFilter,
        sort: Sort = .newest,
        request: PageRequest,
        words: String? = nil,
        scope: Scope = .shop
    ) {
        self.filter = filter
        self.sort = sort
        self.request = request
        self.words = words
        self.scope = scope
    }

    package var page: PostgresQuery {
        page(
            columns: """
                p.id, p.slug, p.name, p.price_amount, p.currency, c.slug, p.primary_image_url, p.in_stock,
                p.compare_at_amount
                """,
            from: "JOIN categories c ON c.id = p.category_id"
        )
    }

    package var managedPage: PostgresQuery {
        page(
            columns: """
                p.id, p.slug, p.name, p.status, p.price_amount, p.compare_at_amount, p.currency, c.slug, b.name,
                p.primary_image_url, p.seller_id, v.count, v.stock, p.updated_at
                """,
            from: """
                JOIN categories c ON c.id = p.category_id
                LEFT JOIN brands b ON b.id = p.brand_id
                CROSS JOIN LATERAL (
                    SELECT count(*), coalesce(sum(stock_quantity), 0)::bigint AS stock
                    FROM product_variants WHERE product_id = p.id
                ) v
                """
        )
    }

    package var count: PostgresQuery {
        guard let category = filter.category else { return wholeCount }
        // One category after the other by its index: for an array of them PostgreSQL would read all products.
        var conditions = Conditions(filter, words: words, scope, isPerCategory: true)
        return PostgresQuery(
            unsafeSQL: """
                \(Conditions.subtree(conditions.bind(category)))
                SELECT coalesce(sum(part.count), 0)::bigint FROM below CROSS JOIN LATERAL (
                    SELECT count(*) FROM products p WHERE \(conditions.sql)
                ) AS part
                """,
            conditions.bindings
        )
    }

    private var wholeCount: PostgresQuery {
        let conditions = Conditions(filter, words: words, scope)
        return PostgresQuery(
            unsafeSQL: "SELECT count(*) FROM products p WHERE \(conditions.sql)",
            conditions.bindings
        )
    }

    private func page(columns: String, from joins: String) -> PostgresQuery {
        var conditions = Conditions(filter, words: words, scope)
        let limit = conditions.bind(request.size)
        let offset = conditions.bind(request.offset)
        return PostgresQuery(
            unsafeSQL: """
                SELECT \(columns)
                FROM (
                    SELECT * FROM products p WHERE \(conditions.sql)
                    ORDER BY \(order) LIMIT \(limit) OFFSET \(offset)
                ) p
                \(joins)
                ORDER BY \(order)
                """,
            conditions.bindings
        )
    }

    /// The id makes the order total, so that two pages never share a product.
    private var order: String {
        switch sort {
        case .newest: "p.id DESC"
        case .cheapest: "p.price_amount, p.id"
        case .dearest: "p.price_amount DESC, p.id DESC"
        case .name: "p.name, p.id"
        case .nameDescending: "p.name DESC, p.id DESC"
        }
    }

    static func decode(_ row: PostgresRow) throws -> ProductSummary {
        ProductSummary(
            id: try row.decode(0),
            slug: try row.decode(1),
            name: try row.decode(2),
            priceAmount: try row.decode(3),
            compareAtAmount: try row.decode(8),
            currency: try row.decode(4),
            category: try row.decode(5),
            primaryImageURL: try row.decode(6),
            inStock: try row.decode(7)
        )
    }

    static func decodeManaged(_ row: PostgresRow) throws -> ManagedProduct {
        let status: String = try row.decode(3)
        return ManagedProduct(
            id: try row.decode(0),
            slug: try row.decode(1),
            name: try row.decode(2),
            status: Product.Status(rawValue: status) ?? .draft,
            priceAmount: try row.decode(4),
            compareAtAmount: try row.decode(5),
            currency: try row.decode(6),
            category: try row.decode(7),
            brand: try row.decode(8),
            primaryImageURL: try row.decode(9),
            sellerID: try row.decode(10),
            variantCount: try row.decode(11),
            stockQuantity: try row.decode(12),
            updatedAt: try row.decode(13)
        )
    }
}
