import Lifecycle
import Observability

/// Sees to it that there is an index to search in: fills a search engine that is new, or that lost its data.
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
        while !Task.isCancelled {
            await look()
            try? await Task.sleep(for: interval)
        }
    }

    private func look() async {
        do {
            guard try await index.behindAlias().isEmpty else { return }
            logger.notice("The search engine has no products; filling it")
            guard let report = try await reindex.run(onlyIfMissing: true) else { return }
            logger.notice("The search engine is filled", [.count: .int(report.products)])
        } catch is CancellationError {
            return
        } catch {
            logger.warning("The search index could not be looked after", [.error: .describing(error)])
        }
    }
}
