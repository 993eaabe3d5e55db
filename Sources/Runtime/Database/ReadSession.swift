package import Postgres

/// A handle for reading: what it runs may land on a replica, which refuses to write.
package struct ReadSession: PostgresSession {
    private let pool: PostgresPool

    init(_ pool: PostgresPool) { self.pool = pool }

    package func pipeline(_ queries: [PostgresQuery]) async throws(PostgresError) -> [PostgresRows] {
        try await pool.pipeline(queries)
    }
}
