import Catalog
import Foundation
import Validation

/// The engine's answer to `SearchQuery.body`.
struct SearchAnswer: Decodable {
    struct Hits: Decodable {
        struct Total: Decodable { let value: Int }
        struct Hit: Decodable {
            /// What a list shows of a document.
            struct Source: Decodable {
                let id: String
                let slug: String
                let name: String
                let category: String
                let priceAmount: Int64
                let compareAtAmount: Int64?
                let currency: String
                let primaryImageURL: String
                let inStock: Bool

                enum CodingKeys: String, CodingKey {
                    case id, slug, name, category
                    case priceAmount = "price_amount"
                    case compareAtAmount = "compare_at_amount"
                    case currency
                    case primaryImageURL = "primary_image_url"
                    case inStock = "in_stock"
                }
            }

            let source: Source
            let highlight: [String: [String]]?

            enum CodingKeys: String, CodingKey {
                case source = "_source"
                case highlight
            }
        }

        let total: Total
        let hits: [Hit]
    }

    struct Terms: Decodable {
        struct Bucket: Decodable {
            let value: String
            let count: Int

            enum CodingKeys: String, CodingKey {
                case key
                case keyAsString = "key_as_string"
                case count = "doc_count"
            }

            /// A boolean's key is 0 or 1, with the word beside it.
            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: CodingKeys.self)
                count = try container.decode(Int.self, forKey: .count)
                value =
                    try container.decodeIfPresent(String.self, forKey: .keyAsString)
                    ?? container.decode(String.self, forKey: .key)
            }
        }
        struct Values: Decodable { let buckets: [Bucket] }

        let values: Values

        var facet: [SearchResult.Facets.Value] { values.buckets.map { .init(value: $0.value, count: $0.count) } }
    }

    struct Statistics: Decodable {
        struct Values: Decodable {
            let min: Double?
            let max: Double?
        }

        let values: Values
    }

    struct Aggregations: Decodable {
        let category: Terms
        let brand: Terms
        let tags: Terms
        let inStock: Terms
        let price: Statistics
        let attributes: Terms
        /// Of each attribute that is filtered by, in the order of their names.
        let ownAttributes: [Terms]

        private struct Key: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            func terms(_ name: String) throws -> Terms {
                try container.decode(Terms.self, forKey: Key(stringValue: name))
            }
            category = try terms("category")
            brand = try terms("brand")
            tags = try terms("tags")
            inStock = try terms("in_stock")
            price = try container.decode(Statistics.self, forKey: Key(stringValue: "price"))
            attributes = try terms(SearchQuery.attributes)
            var own: [Terms] = []
            while container.contains(Key(stringValue: SearchQuery.attribute(own.count))) {
                own.append(try terms(SearchQuery.attribute(own.count)))
            }
            ownAttributes = own
        }

        /// By name. What is filtered by is counted without its own filter.
        func attributeFacets(_ filtered: [String]) -> [String: [SearchResult.Facets.Value]] {
            var facets = Self.byName(attributes.facet)
            for (name, terms) in zip(filtered, ownAttributes) { facets[name] = Self.byName(terms.facet)[name] }
            return facets
        }

        private static func byName(_ values: [SearchResult.Facets.Value]) -> [String: [SearchResult.Facets.Value]] {
            var facets: [String: [SearchResult.Facets.Value]] = [:]
            for value in values {
                guard let (name, text) = AttributeText.parse(value.value) else { continue }
                facets[name, default: []].append(.init(value: text, count: value.count))
            }
            return facets
        }
    }

    let hits: Hits
    let aggregations: Aggregations

    static func decode(_ body: Data) throws(SearchError) -> SearchAnswer {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        guard let answer = try? decoder.decode(SearchAnswer.self, from: body) else { throw .malformedAnswer }
        return answer
    }

    /// - Parameter filteredAttributes: the names of the attributes that the query filters by, sorted.
    func result(_ request: PageRequest, filteredAttributes: [String] = []) -> SearchResult {
        let prices = aggregations.price.values
        return SearchResult(
            count: hits.total.value,
            request: request,
            hits: hits.hits.compactMap(Self.hit),
            facets: SearchResult.Facets(
                categories: aggregations.category.facet,
                brands: aggregations.brand.facet,
                tags: aggregations.tags.facet,
                attributes: aggregations.attributeFacets(filteredAttributes),
                inStock: aggregations.inStock.facet,
                priceRange: prices.min.flatMap { minimum in
                    prices.max.flatMap { maximum in
                        minimum <= maximum ? Int64(minimum)...Int64(maximum) : nil
                    }
                }
            ),
            source: .search
        )
    }

    private static func hit(_ hit: Hits.Hit) -> SearchResult.Hit? {
        guard let id = Int64(hit.source.id) else { return nil }
        return SearchResult.Hit(
            product: ProductSummary(
                id: id,
                slug: hit.source.slug,
                name: hit.source.name,
                priceAmount: hit.source.priceAmount,
                compareAtAmount: hit.source.compareAtAmount,
                currency: hit.source.currency,
                category: hit.source.category,
                primaryImageURL: hit.source.primaryImageURL,
                inStock: hit.source.inStock
            ),
            highlight: (hit.highlight ?? [:]).compactMapValues(\.first)
        )
    }
}
