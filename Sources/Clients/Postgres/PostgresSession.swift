/// Something that runs statements: a pool, a connection's transaction.
public protocol PostgresSession: Sendable {
    /// Runs statements in one network round trip, in order, and answers with their results in the same order.
    ///
    /// Outside a transaction the statements form one implicit transaction: the first failure undoes them all.
    /// - Throws: the first failure.
    func pipeline(_ queries: [PostgresQuery]) async throws(PostgresError) -> [PostgresRows]
}

extension PostgresSession {
    /// Runs one statement.
    @discardableResult
    public func query(_ query: PostgresQuery) async throws(PostgresError) -> PostgresRows {
        guard let rows = try await pipeline([query]).first else {
            throw PostgresError(.protocolViolation, "a statement had no answer")
        }
        return rows
    }
}
