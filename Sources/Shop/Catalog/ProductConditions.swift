import Postgres

extension ProductList {
    /// `WHERE` for a filter, with each value bound.
    struct Conditions {
        private(set) var bindings: [any PostgresEncodable] = []
        private var terms: [String] = []

        var sql: String { terms.isEmpty ? "true" : terms.joined(separator: " AND ") }

        /// - Parameter isPerCategory: the filter's category is a row of ``subtree(_:)``, in turn.
        init(_ filter: ProductFilter, words: String?, _ scope: Scope, isPerCategory: Bool = false) {
            switch scope {
            case .shop: terms.append("p.status = 'active'")
            case .managed(let sellerID, let status):
                if let sellerID { terms.append("p.seller_id = \(bind(sellerID))") }
                if let status { terms.append("p.status = \(bind(status.rawValue))") }
            }
            if isPerCategory {
                terms.append("p.category_id = below.id")
            } else if let category = filter.category {
                // An array and no join, so that the page can still be cut from an index.
                terms.append("p.category_id = ANY(ARRAY(\(Self.subtree(bind(category))) SELECT id FROM below))")
            }
            if let brand = filter.brand {
                terms.append("p.brand_id = (SELECT id FROM brands WHERE slug = \(bind(brand)))")
            }
            if !filter.tags.isEmpty { terms.append("p.tags @> \(bind(filter.tags))::text[]") }
            add(filter.attributes)
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

        /// The product must have a value of each name, and where there are several names, one variant must have them all.
        private mutating func add(_ attributes: [String: Set<String>]) {
            let attributes = attributes.sorted { $0.key < $1.key }
            for (name, values) in attributes {
                let texts = values.sorted().map { AttributeText.make(name, $0) }
                terms.append("p.attributes && \(bind(texts))::text[]")
            }
            if attributes.count < 2 { return }
            let same = attributes.map { name, values in
                "v.attributes ->> \(bind(name))::text = ANY(\(bind(values.sorted()))::text[])"
            }
            terms.append(
                """
                EXISTS (
                    SELECT FROM product_variants v WHERE v.product_id = p.id AND \(same.joined(separator: " AND "))
                )
                """
            )
        }

        /// A category and those below it, as `below (id)`.
        static func subtree(_ slug: String) -> String {
            """
            WITH RECURSIVE below AS (
                SELECT id FROM categories WHERE slug = \(slug)
                UNION ALL SELECT c.id FROM categories c JOIN below ON c.parent_id = below.id
            )
            """
        }

        mutating func bind(_ value: any PostgresEncodable) -> String {
            bindings.append(value)
            return "$\(bindings.count)"
        }
    }
}
