import Catalog
import Foundation

/// The engine's answer to `SearchQuery.body`.
struct SearchAnswer: Decodable {
    struct Hits: Decodable {
        struct Total: Decodable { let value: Int }
        struct Hit: Decodable {
            let source: ProductDocument
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
        let inStock: Terms
        let price: Statistics

        enum CodingKeys: String, CodingKey {
            case category, brand
            case inStock = "in_stock"
            case price
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

    func result(_ request: PageRequest) -> SearchResult {
        let prices = aggregations.price.values
        return SearchResult(
            count: hits.total.value,
            request: request,
            hits: hits.hits.compactMap(Self.hit),
            facets: SearchResult.Facets(
                categories: aggregations.category.facet,
                brands: aggregations.brand.facet,
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
                currency: hit.source.currency,
                category: hit.source.category,
                primaryImageURL: hit.source.primaryImageURL,
                inStock: hit.source.inStock
            ),
            highlight: (hit.highlight ?? [:]).compactMapValues(\.first)
        )
    }
}
