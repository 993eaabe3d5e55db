package import Catalog
package import Validation

/// What a customer searches for, and the engine's query that finds it.
package struct SearchQuery: Equatable, Sendable {
    package enum Sort: String, Sendable, CaseIterable {
        case relevance, newest
        case cheapest = "price"
        case dearest = "-price"
    }

    package static let maximumLength = 200
    /// The engine's own limit (`index.max_result_window`): nobody reads page after page up to here.
    package static let maximumWindow = 10_000

    /// Empty finds everything.
    package let text: String
    package let filter: ProductFilter
    package let sort: Sort
    package let request: PageRequest

    package init(
        text: String,
        filter: ProductFilter,
        sort: Sort = .relevance,
        request: PageRequest
    ) throws(ValidationError) {
        var validator = Validator()
        self.text = validator.line(text, "q", length: 0...Self.maximumLength)
        validator.require(
            request.offset + request.size <= Self.maximumWindow,
            "page",
            "must end within the first \(Self.maximumWindow) results"
        )
        try validator.finish()
        self.filter = filter
        self.sort = sort
        self.request = request
    }

    /// The body of `_search`.
    var body: JSON {
        let filters = Filters(filter)
        return [
            "from": .integer(Int64(request.offset)),
            "size": .integer(Int64(request.size)),
            "track_total_hits": true,
            "query": match,
            // Behind the query, so that each facet can count without its own filter: who chose a brand still sees how
            // many products the others have.
            "post_filter": filters.all,
            "aggs":
                ([
                    "category": filters.facet(without: .category, ["terms": ["field": "category", "size": 50]]),
                    "brand": filters.facet(without: .brand, ["terms": ["field": "brand", "size": 50]]),
                    "tags": filters.facet(without: .tags, ["terms": ["field": "tags", "size": 50]]),
                    "in_stock": filters.facet(without: .inStock, ["terms": ["field": "in_stock"]]),
                    "price": filters.facet(without: .price, ["stats": ["field": "price_amount"]]),
                ] as [String: JSON]).merging(attributes: filters),
            "highlight": [
                // Names and descriptions are text, not markup: what they hold is escaped, the marks are not.
                "encoder": "html",
                "pre_tags": ["<em>"],
                "post_tags": ["</em>"],
                "fields": [
                    "name": ["number_of_fragments": 0],
                    "description": ["number_of_fragments": 1, "fragment_size": 150],
                ],
            ],
            "sort": order,
        ]
    }

    private var match: JSON {
        if text.isEmpty { return ["match_all": [:]] }
        let fields: JSON = ["name^3", "brand_name", "category_name", "tag_words", "description"]
        return [
            "bool": [
                "should": [
                    // Typos are forgiven behind the first letter: "lantren" finds a lantern, "lamp" finds nothing damp.
                    [
                        "multi_match": [
                            "query": .string(text), "fields": fields, "fuzziness": "AUTO", "prefix_length": 1,
                        ]
                    ],
                    // All the words as they are written count more than one of them with a typo.
                    ["multi_match": ["query": .string(text), "fields": fields, "operator": "and", "boost": 2]],
                    ["term": ["skus": ["value": .string(text), "boost": 10]]],
                ],
                "minimum_should_match": 1,
            ]
        ]
    }

    /// The id makes the order total, so that two pages never share a product.
    private var order: JSON {
        switch sort {
        case .relevance: [["_score": "desc"], ["id": "desc"]]
        case .newest: [["created_at": "desc"], ["id": "desc"]]
        case .cheapest: [["price_amount": "asc"], ["id": "desc"]]
        case .dearest: [["price_amount": "desc"], ["id": "desc"]]
        }
    }
}

/// The filters of a search by the facet that they belong to.
private struct Filters {
    enum Facet: Hashable {
        case category, brand, price, inStock, tags
        /// By its name: who chose a size still sees the other sizes, of the colour chosen.
        case attribute(String)
    }

    private var clauses: [Facet: JSON] = [:]
    let attributeNames: [String]

    init(_ filter: ProductFilter) {
        attributeNames = filter.attributes.keys.sorted()
        if let category = filter.category { clauses[.category] = ["term": ["categories": .string(category)]] }
        if let brand = filter.brand { clauses[.brand] = ["term": ["brand": .string(brand)]] }
        if !filter.tags.isEmpty {
            clauses[.tags] = ["bool": ["filter": .array(filter.tags.map { ["term": ["tags": .string($0)]] })]]
        }
        for (name, values) in filter.attributes {
            let texts = values.sorted().map { JSON.string(AttributeText.make(name, $0)) }
            clauses[.attribute(name)] = ["terms": ["attributes": .array(texts)]]
        }
        if let inStock = filter.inStock { clauses[.inStock] = ["term": ["in_stock": .bool(inStock)]] }
        var range: [String: JSON] = [:]
        if let minimum = filter.minimumPrice { range["gte"] = .integer(minimum) }
        if let maximum = filter.maximumPrice { range["lte"] = .integer(maximum) }
        if !range.isEmpty { clauses[.price] = ["range": ["price_amount": .object(range)]] }
    }

    private var facets: [Facet] {
        [.category, .brand, .price, .inStock, .tags] + attributeNames.map(Facet.attribute)
    }

    var all: JSON { conjunction(facets) }

    /// - Parameter own: `nil` to count what is left with all filters.
    func facet(without own: Facet?, _ aggregation: JSON) -> JSON {
        ["filter": conjunction(facets.filter { $0 != own }), "aggs": ["values": aggregation]]
    }

    private func conjunction(_ facets: [Facet]) -> JSON {
        ["bool": ["filter": .array(facets.compactMap { clauses[$0] })]]
    }
}

extension [String: JSON] {
    /// All attributes together count with every filter; each one that is filtered by counts once more without its own.
    fileprivate func merging(attributes filters: Filters) -> JSON {
        let terms: JSON = ["terms": ["field": "attributes", "size": 500]]
        var all = self
        all[SearchQuery.attributes] = filters.facet(without: nil, terms)
        for (index, name) in filters.attributeNames.enumerated() {
            all[SearchQuery.attribute(index)] = filters.facet(without: .attribute(name), terms)
        }
        return .object(all)
    }
}

extension SearchQuery {
    static let attributes = "attributes"

    /// What the facet of the attribute is called whose name is the `index`th of those that are filtered by.
    static func attribute(_ index: Int) -> String { "attribute_\(index)" }
}
