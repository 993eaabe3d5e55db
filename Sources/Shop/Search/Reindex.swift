package import Database
import Foundation
import Postgres

/// Builds the whole index anew beside the old one and swaps the alias, so that searches go on all the while.
package struct Reindex: Sendable {
    package struct Report: Equatable, Sendable {
        package let index: String
        package let products: Int
    }

    private static let pageSize = 1_000

    private let database: Database
    private let documents: ProductDocuments
    private let index: SearchIndex

    package init(database: Database, index: SearchIndex) {
        self.database = database
        documents = ProductDocuments(database: database)
        self.index = index
    }

    /// One at a time over all hosts, by a lock in the database.
    ///
    /// What makes it necessary, looked at again when the lock is ours: somebody else may have done it meanwhile.
    package enum Need: Sendable {
        case asked
        /// There is nothing behind the alias.
        case missing
        /// There are documents that an earlier version wrote.
        case outdated
    }

    /// - Returns: `nil` when there was nothing to do.
    @discardableResult
    package func run(
        _ need: Need = .asked,
        onProgress: @Sendable (Int) -> Void = { _ in }
    ) async throws -> Report? {
        try await database.primary.transaction { transaction in
            let lock = try await transaction.query(
                "SELECT now(), pg_advisory_xact_lock(hashtext('wharf.search.reindex'))"
            )
            let old = try await index.behindAlias()
            switch need {
            case .asked: break
            case .missing: if !old.isEmpty { return nil }
            case .outdated:
                if old.isEmpty { return nil }
                guard try await index.hasOldDocuments() else { return nil }
            }
            let startedAt: Date = try lock[0].decode(0)
            return try await build(replacing: old, startedAt, onProgress)
        }
    }

    private func build(
        replacing old: [String],
        _ startedAt: Date,
        _ onProgress: @Sendable (Int) -> Void
    ) async throws -> Report {
        let name = SearchIndex.name(at: startedAt)
        try await index.create(name)
        var ids: [Int64] = []
        do {
            while true {
                let page = try await documents.page(after: ids.last ?? 0, size: Self.pageSize)
                guard !page.isEmpty else { break }
                try await write(page.map(BulkRequest.Operation.init), to: name)
                ids += page.map(\.productID)
                onProgress(ids.count)
            }
            try await index.refresh(name)
            try await index.pointAlias(to: name, from: old)
        } catch {
            // Half an index helps nobody; the old one is still behind the alias.
            try? await index.delete(name)
            throw error
        }
        try await catchUp(name, ids, since: startedAt)
        for old in old { try await index.delete(old) }
        return Report(index: name, products: ids.count)
    }

    /// Jobs that ran between a page's reading and the swap wrote to the old index. What they were about is written
    /// again; versions see to it that nothing gets older by that.
    private func catchUp(_ name: String, _ ids: [Int64], since startedAt: Date) async throws {
        // updated_at is the time at which a transaction began: one may have begun well before it committed.
        let since = startedAt.addingTimeInterval(-60)
        let changed = try await database.read(.primary) { session in
            try await session.query("SELECT id FROM products WHERE updated_at >= \(since)")
        }.map { try $0.decode(0, as: Int64.self) }
        for start in stride(from: 0, to: changed.count, by: Self.pageSize) {
            let part = Array(changed[start..<min(start + Self.pageSize, changed.count)])
            try await write(try await documents.load(part, .primary).map(BulkRequest.Operation.init), to: name)
        }
        for start in stride(from: 0, to: ids.count, by: Self.pageSize) {
            let part = Array(ids[start..<min(start + Self.pageSize, ids.count)])
            let gone = try await database.read(.primary) { session in
                try await session.query(
                    """
                    SELECT id FROM unnest(\(part)::bigint[]) AS indexed (id)
                    WHERE NOT EXISTS (SELECT FROM products p WHERE p.id = indexed.id)
                    """
                )
            }.map { BulkRequest.Operation(productID: try $0.decode(0), version: nil, document: nil) }
            try await write(gone, to: name)
        }
    }

    private func write(_ operations: [BulkRequest.Operation], to name: String) async throws {
        let results = try await index.write(BulkRequest(index: name, operations: operations), requireAlias: false)
        for result in results {
            switch result {
            case .done: continue
            case .unavailable(let reason): throw SearchError.unavailable(reason)
            case .refused(let reason): throw SearchError.refused(status: 400, reason: reason)
            }
        }
    }
}

extension SearchIndex {
    /// `products-20261121083000`, in UTC.
    static func name(at date: Date) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
        let digits = [parts.year, parts.month, parts.day, parts.hour, parts.minute, parts.second].map { part in
            let text = String(part ?? 0)
            return text.count < 2 ? "0" + text : text
        }
        return "\(alias)-\(digits.joined())"
    }
}
