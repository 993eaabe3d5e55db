import Lifecycle
import Observability

/// Sees to it that there is an index to search in: fills a search engine that is new, or that lost its data, and builds
/// the index anew that an earlier version filled.
package struct IndexKeeper: Service {
    private let reindex: Reindex
    private let index: SearchIndex
    private let interval: Duration
    private let logger = Logger(label: "search.index")

    /// - Parameter interval: between two looks at the engine.
    package init(reindex: Reindex, index: SearchIndex, interval: Duration = .seconds(10)) {
        self.reindex = reindex
        self.index = index
        self.interval = interval
    }

    package func run() async throws {
        var isOld = true
        while !Task.isCancelled {
            isOld = await look(forOldDocuments: isOld)
            try? await Task.sleep(for: interval)
        }
    }

    /// - Returns: whether old documents have to be looked for again.
    private func look(forOldDocuments: Bool) async -> Bool {
        do {
            if try await !index.behindAlias().isEmpty {
                guard forOldDocuments, try await index.hasOldDocuments() else { return false }
                logger.notice("The search index is of an earlier version; building it anew")
                guard let report = try await reindex.run(.outdated) else { return false }
                logger.notice("The search engine is filled", [.count: .int(report.products)])
                return false
            }
            logger.notice("The search engine has no products; filling it")
            guard let report = try await reindex.run(.missing) else { return forOldDocuments }
            logger.notice("The search engine is filled", [.count: .int(report.products)])
            return false
        } catch is CancellationError {
            return forOldDocuments
        } catch {
            logger.warning("The search index could not be looked after", [.error: .describing(error)])
            return forOldDocuments
        }
    }
}
