import Catalog
import Search
import Validation

struct SearchBody: Encodable {
    struct Hit: Encodable {
        let product: ProductSummaryBody
        let highlight: [String: String]

        private enum CodingKeys: String, CodingKey { case highlight }

        /// The product's fields with `highlight` beside them.
        func encode(to encoder: any Encoder) throws {
            try product.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(highlight, forKey: .highlight)
        }
    }

    struct Value: Encodable {
        let value: String
        let count: Int
    }

    struct PriceRange: Encodable {
        let min: Int64
        let max: Int64
    }

    struct Facets: Encodable {
        let category: [Value]
        let brand: [Value]
        let tags: [Value]
        let attributes: [String: [Value]]
        let inStock: [Value]
        let price: PriceRange?

        private enum CodingKeys: String, CodingKey {
            case category, brand, tags, attributes
            case inStock = "in_stock"
            case price
        }

        init(_ facets: SearchResult.Facets) {
            func values(_ values: [SearchResult.Facets.Value]) -> [Value] {
                values.map { Value(value: $0.value, count: $0.count) }
            }
            category = values(facets.categories)
            brand = values(facets.brands)
            tags = values(facets.tags)
            attributes = facets.attributes.mapValues(values)
            inStock = values(facets.inStock)
            price = facets.priceRange.map { PriceRange(min: $0.lowerBound, max: $0.upperBound) }
        }
    }

    let count: Int
    let page: Int
    let pageSize: Int
    let results: [Hit]
    let facets: Facets?
    let source: String
    /// The search engine is down: whole words only, no facets, no highlights.
    let degraded: Bool

    private enum CodingKeys: String, CodingKey {
        case count, page
        case pageSize = "page_size"
        case results, facets, source, degraded
    }

    init(_ result: SearchResult) {
        count = result.count
        page = result.request.number
        pageSize = result.request.size
        results = result.hits.map { Hit(product: ProductSummaryBody($0.product), highlight: $0.highlight) }
        facets = result.facets.map(Facets.init)
        source = result.source.rawValue
        degraded = result.source == .database
    }
}
