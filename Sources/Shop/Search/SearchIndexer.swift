import Database
package import Jobs
import Lifecycle
package import Messages
import Postgres

/// Runs `search.index_product` in batches: one read of the database and one `_bulk` request for all of a batch.
///
/// Idempotent by version: the engine refuses what is not newer than what it has, and a refusal for that reason is done.
package struct SearchIndexer: BatchJobHandler {
    package let maximumBatch = 500
    package let maximumWait = Duration.milliseconds(100)

    /// What the worker's circuit breaker calls the search engine.
    package static let dependency = "search"
    /// How long jobs wait for an engine that has no time for them. It spends no attempt.
    private static let overload = Duration.seconds(10)

    private let documents: ProductDocuments
    private let index: SearchIndex

    package init(documents: ProductDocuments, index: SearchIndex) {
        self.documents = documents
        self.index = index
    }

    package func handle(_ batch: [BatchItem<IndexProduct>]) async throws -> [Outcome] {
        let loaded = try await load(batch)
        let operations = Self.operations(for: batch.map(\.payload), loaded)
        let results: [BulkRequest.ItemResult]
        do {
            let request = BulkRequest(index: SearchIndex.alias, operations: operations)
            results = try await index.write(request, requireAlias: true)
        } catch SearchError.unavailable(let reason) {
            throw DependencyUnavailable(Self.dependency, reason: reason)
        }
        Failpoint.hit(.searchAfterBulk)
        let byProduct = Dictionary(zip(operations.map(\.productID), results), uniquingKeysWith: { first, _ in first })
        return batch.map { Self.outcome(byProduct[$0.payload.productID]) }
    }

    /// The products of the batch, as new as the newest commit that caused one of its jobs.
    private func load(_ batch: [BatchItem<IndexProduct>]) async throws -> [VersionedDocument] {
        let ids = Set(batch.map(\.payload).filter { $0.action == .index }.map(\.productID))
        if ids.isEmpty { return [] }
        // Before reading: a change that finds the key still taken is one that is read here.
        let freed = try await documents.freeKeys(of: batch.map(\.payload))
        let positions = batch.map { $0.context.lsn.flatMap(PostgresLSN.init) }
        // A job without a position says nothing about how new a replica must be.
        let newest = positions.contains(nil) ? nil : (positions + [freed]).compactMap(\.self).max()
        return try await documents.load(ids.sorted(), newest.map(ReadConsistency.after) ?? .primary)
    }

    /// One operation for each product, however many jobs of the batch are about it.
    static func operations(
        for payloads: [IndexProduct],
        _ loaded: [VersionedDocument]
    ) -> [BulkRequest.Operation] {
        let found = Dictionary(loaded.map { ($0.productID, $0) }, uniquingKeysWith: { first, _ in first })
        var tombstones: [Int64: Int64?] = [:]
        for payload in payloads where payload.action == .delete { tombstones[payload.productID] = payload.version }
        return Set(payloads.map(\.productID)).sorted().map { id in
            if let tombstone = tombstones[id] {
                return BulkRequest.Operation(productID: id, version: tombstone, document: nil)
            }
            return BulkRequest.Operation(productID: id, version: found[id]?.version, document: found[id]?.document)
        }
    }

    static func outcome(_ result: BulkRequest.ItemResult?) -> Outcome {
        switch result {
        case .done: .done
        case .unavailable: .snooze(for: overload)
        case .refused(let reason): .reject(reason: "the search engine refused the document: \(reason)")
        case nil: .retry(reason: "the search engine did not answer for this product")
        }
    }
}
