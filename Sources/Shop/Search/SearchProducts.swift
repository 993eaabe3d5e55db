package import Catalog
import Foundation
import Observability
import Validation

/// Searches the catalog: in the search engine, and in the database while the engine is down.
package struct SearchProducts: Sendable {
    private let engine: SearchEngine
    private let catalog: CatalogStore
    private let logger = Logger(label: "search")

    package init(engine: SearchEngine, catalog: CatalogStore) {
        self.engine = engine
        self.catalog = catalog
    }

    package func callAsFunction(_ query: SearchQuery) async throws -> SearchResult {
        do throws(SearchError) {
            let answer = try await engine.send("POST", "/\(SearchIndex.alias)/_search", query.body)
            try answer.expectSuccess()
            return try SearchAnswer.decode(answer.body).result(
                query.request,
                filteredAttributes: query.filter.attributes.keys.sorted()
            )
        } catch {
            logger.warning("The search engine gave no answer; the database answers", [.error: .describing(error)])
            return try await fromDatabase(query)
        }
    }

    /// Whole words only, no ranking, no facets: enough to sell until the engine is back.
    private func fromDatabase(_ query: SearchQuery) async throws -> SearchResult {
        let sort: ProductList.Sort =
            switch query.sort {
            case .relevance, .newest: .newest
            case .cheapest: .cheapest
            case .dearest: .dearest
            }
        let words = query.text.isEmpty ? nil : query.text
        let page = try await catalog.list(
            ProductList(filter: query.filter, sort: sort, request: query.request, words: words)
        )
        return SearchResult(
            count: page.count,
            request: page.request,
            hits: page.results.map { SearchResult.Hit(product: $0, highlight: [:]) },
            facets: nil,
            source: .database
        )
    }
}
