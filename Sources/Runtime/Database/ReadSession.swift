package import Postgres

/// A handle for reading: what it runs may land on a replica, which refuses to write.
package struct ReadSession: PostgresSession {
    private let pool: PostgresPool

    init(_ pool: PostgresPool) { self.pool = pool }

    package func pipeline(_ queries: [PostgresQuery]) async throws(PostgresError) -> [PostgresRows] {
        try await pool.scopedPipeline(queries)
    }
}

extension PostgresPool {
    /// The statements with the task's scope in front. They are one transaction, with which the scope ends.
    func scopedPipeline(_ queries: [PostgresQuery]) async throws(PostgresError) -> [PostgresRows] {
        guard let scope = RowScope.current else { return try await pipeline(queries) }
        return Array(try await pipeline([scope.statement] + queries).dropFirst())
    }
}
