import Threading

/// One connection, lent for what needs several statements in the same session, such as an advisory lock or statements
/// that run outside transactions. Usable until the closure it was given to returns.
public final class PostgresLease: PostgresSession {
    private let connection: PostgresConnection
    private let isOver = Lock(false)

    init(_ connection: PostgresConnection) { self.connection = connection }

    public func pipeline(_ queries: [PostgresQuery]) async throws(PostgresError) -> [PostgresRows] {
        try checkUse()
        return try await connection.pipeline(queries)
    }

    /// A transaction in this session; see `PostgresPool.transaction`.
    public func transaction<Value>(
        _ body: (PostgresTransaction) async throws -> Value
    ) async throws -> Value {
        try checkUse()
        return try await connection.transaction(returningLSN: false, body).value
    }

    private func checkUse() throws(PostgresError) {
        if isOver.withLock({ $0 }) {
            throw PostgresError(.transactionFinished, "the connection was used after its closure had returned")
        }
    }

    func end() { isOver.withLock { $0 = true } }
}
