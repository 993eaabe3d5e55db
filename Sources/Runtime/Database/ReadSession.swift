package import Postgres

/// A handle for reading. What it runs may land on a replica; on the primary its statements are held to a read-only
/// transaction, so that one that would write fails wherever it runs, and not only in front of a replica.
package struct ReadSession: PostgresSession {
    enum Node {
        case primary
        /// It has to have replayed this.
        case replica(after: PostgresLSN?)
    }

    private let pool: PostgresPool
    private let node: Node

    init(_ pool: PostgresPool, _ node: Node) {
        self.pool = pool
        self.node = node
    }

    package func pipeline(_ queries: [PostgresQuery]) async throws(PostgresError) -> [PostgresRows] {
        let scope = RowScope.current
        switch node {
        case .primary:
            let opening = scope?.statement(isReadOnly: true) ?? Self.readOnly
            return Array(try await pool.pipeline([opening] + queries).dropFirst())
        case .replica(let lsn):
            let opening = scope.map { [$0.statement()] } ?? []
            let answers =
                if let lsn { try await pool.pipeline(opening + queries, after: lsn) } else {
                    try await pool.pipeline(opening + queries)
                }
            return Array(answers.dropFirst(opening.count))
        }
    }

    /// Holds until the end of the pipeline, which is one transaction.
    private static let readOnly: PostgresQuery = "SELECT set_config('transaction_read_only', 'on', true)"
}
