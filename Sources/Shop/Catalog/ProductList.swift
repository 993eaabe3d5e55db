package import Postgres

/// The statements behind a page of products.
///
/// The page is cut from one index of `products` (newest and price have one each); category and image address are read
/// for the rows of the page alone. Nothing here looks at variants: an `EXISTS` over them would visit every product
/// before the first row of the page is known.
package struct ProductList: Sendable {
    package enum Sort: String, Sendable, CaseIterable {
        case newest
        case cheapest = "price"
        case dearest = "-price"
    }

    package let filter: ProductFilter
    package let sort: Sort
    package let request: PageRequest
    /// Words that name or description must have, all of them, spelled as they are.
    package let words: String?

    package init(filter: ProductFilter, sort: Sort = .newest, request: PageRequest, words: String? = nil) {
        self.filter = filter
        self.sort = sort
        self.request = request
        self.words = words
    }

    package var page: PostgresQuery {
        var conditions = Conditions(filter, words: words)
        let limit = conditions.bind(request.size)
        let offset = conditions.bind(request.offset)
        return PostgresQuery(
            unsafeSQL: """
                SELECT p.id, p.slug, p.name, p.price_amount, p.currency, c.slug, p.primary_image_url, p.in_stock
                FROM (
                    SELECT * FROM products p WHERE \(conditions.sql)
                    ORDER BY \(order) LIMIT \(limit) OFFSET \(offset)
                ) p
                JOIN categories c ON c.id = p.category_id
                ORDER BY \(order)
                """,
            conditions.bindings
        )
    }

    package var count: PostgresQuery {
        let conditions = Conditions(filter, words: words)
        return PostgresQuery(
            unsafeSQL: "SELECT count(*) FROM products p WHERE \(conditions.sql)",
            conditions.bindings
        )
    }

    /// The id makes the order total, so that two pages never share a product.
    private var order: String {
        switch sort {
        case .newest: "p.id DESC"
        case .cheapest: "p.price_amount, p.id"
        case .dearest: "p.price_amount DESC, p.id DESC"
        }
    }

    static func decode(_ row: PostgresRow) throws -> ProductSummary {
        let (id, slug, name, price, currency, category, image, inStock) = try row.decode(
            Int64.self,
            String.self,
            String.self,
            Int64.self,
            String.self,
            String.self,
            String.self,
            Bool.self
        )
        return ProductSummary(
            id: id,
            slug: slug,
            name: name,
            priceAmount: price,
            currency: currency,
            category: category,
            primaryImageURL: image,
            inStock: inStock
        )
    }
}

/// `WHERE` for a filter, with each value bound.
private struct Conditions {
    private(set) var bindings: [any PostgresEncodable] = []
    private var terms = ["p.status = 'active'"]

    var sql: String { terms.joined(separator: " AND ") }

    init(_ filter: ProductFilter, words: String?) {
        if let category = filter.category {
            terms.append("p.category_id = (SELECT id FROM categories WHERE slug = \(bind(category)))")
        }
        if let brand = filter.brand {
            terms.append("p.brand_id = (SELECT id FROM brands WHERE slug = \(bind(brand)))")
        }
        if let minimum = filter.minimumPrice { terms.append("p.price_amount >= \(bind(minimum))") }
        if let maximum = filter.maximumPrice { terms.append("p.price_amount <= \(bind(maximum))") }
        if let words {
            // The expression of the index products_words, to the letter.
            terms.append(
                "to_tsvector('simple', p.name || ' ' || p.description) @@ websearch_to_tsquery('simple', \(bind(words)))"
            )
        }
        if let inStock = filter.inStock { terms.append("p.in_stock = \(bind(inStock))") }
    }

    mutating func bind(_ value: any PostgresEncodable) -> String {
        bindings.append(value)
        return "$\(bindings.count)"
    }
}
