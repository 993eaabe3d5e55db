import Bootstrap
import Jobs
import Search

/// Keeps the search index in step with the catalog: the queue `search.index_product`.
@main
struct Main {
    static func main() async {
        await Program.run("worker-search", role: .worker) { parts in
            let database = try await parts.database()
            let engine = try await parts.searchEngine()
            let index = SearchIndex(engine: engine)
            // Before the first job: its document may have fields that an index of an earlier version lacks. An engine that is
            // down is waited for by the jobs themselves.
            try? await index.extendMapping()
            let documents = ProductDocuments(database: database)
            let indexer = SearchIndexer(documents: documents, index: index)
            let breaker = CircuitBreaker(dependency: SearchIndexer.dependency) { try await engine.check() }
            let keeper = IndexKeeper(reindex: Reindex(database: database, index: index), index: index)
            return try await [("index", keeper)] + parts.workers(batchHandlers: [indexer], breakers: [breaker])
        }
    }
}
