import Threading

/// A transaction under way. Usable until the closure it was given to returns.
public final class PostgresTransaction: PostgresSession {
    private enum Phase { case notBegun, begun, finished }

    private struct State {
        var phase = Phase.notBegun
        var enqueued: [PostgresQuery] = []
    }

    private let connection: PostgresConnection
    private let state = Lock(State())

    init(_ connection: PostgresConnection) { self.connection = connection }

    /// Takes a statement along with the next round trip, at the latest with COMMIT. Its rows are dropped; its failure
    /// is thrown by that round trip.
    public func enqueue(_ query: PostgresQuery) { state.withLock { $0.enqueued.append(query) } }

    public func pipeline(_ queries: [PostgresQuery]) async throws(PostgresError) -> [PostgresRows] {
        let ahead = try takeAhead()
        let results = try await connection.pipeline(ahead + queries)
        return Array(results.dropFirst(ahead.count))
    }

    /// Runs a text of several statements, such as a migration. It binds nothing and its rows are dropped.
    public func script(unsafeSQL sql: String) async throws(PostgresError) {
        let ahead = try takeAhead()
        if !ahead.isEmpty { _ = try await connection.pipeline(ahead) }
        try await connection.script(sql)
    }

    /// Runs `COPY … FROM STDIN` with rows as `CopyText` writes them.
    /// - Returns: rows copied.
    @discardableResult
    public func copyIn<Rows: AsyncSequence>(_ sql: String, rows: Rows) async throws -> Int
    where Rows.Element == [UInt8] {
        let ahead = try takeAhead()
        if !ahead.isEmpty { _ = try await connection.pipeline(ahead) }
        try await connection.beginCopy(sql)
        do {
            for try await row in rows { try await connection.sendCopy(row) }
            try Task.checkCancellation()
        } catch {
            _ = try? await connection.endCopy(failure: "the client gave up")
            throw error
        }
        return try await connection.endCopy(failure: nil)
    }

    /// BEGIN where it has not been sent, and the statements enqueued so far.
    private func takeAhead() throws(PostgresError) -> [PostgresQuery] {
        let ahead: [PostgresQuery]? = state.withLock { state in
            if state.phase == .finished { return nil }
            defer {
                state.phase = .begun
                state.enqueued = []
            }
            return (state.phase == .notBegun ? ["BEGIN"] : []) + state.enqueued
        }
        guard let ahead else {
            throw PostgresError(.transactionFinished, "the transaction was used after its closure had returned")
        }
        return ahead
    }

    // MARK: For the pool

    func commit(returningLSN: Bool) async throws(PostgresError) -> PostgresLSN? {
        let isEmpty = state.withLock { state in
            let isEmpty = state.phase == .notBegun && state.enqueued.isEmpty
            if isEmpty { state.phase = .finished }
            return isEmpty
        }
        if isEmpty {
            if !returningLSN { return nil }
            return try await connection.pipeline([Self.flushPosition])[0].first?.decode(0)
        }
        let ahead = try takeAhead()
        let closing: [PostgresQuery] = returningLSN ? ["COMMIT", Self.flushPosition] : ["COMMIT"]
        let results: [PostgresRows]
        do throws(PostgresError) {
            results = try await connection.pipelineToTheEnd(ahead + closing)
        } catch {
            if error.code == .connectionLost {
                throw PostgresError(.commitUnknown, "the connection was lost during COMMIT; its outcome is unknown")
            }
            throw error
        }
        state.withLock { $0.phase = .finished }
        guard results[ahead.count].command == "COMMIT" else {
            throw PostgresError(.transactionAborted, "a statement of the transaction had failed: it was rolled back")
        }
        return returningLSN ? try results[ahead.count + 1].first?.decode(0) : nil
    }

    func rollback() async {
        let hasBegun = state.withLock { state in
            defer { state.phase = .finished }
            return state.phase == .begun
        }
        // A connection that cannot even roll back is broken, and is thrown away on release.
        if hasBegun, connection.isUsable { _ = try? await connection.pipelineToTheEnd(["ROLLBACK"]) }
    }

    private static let flushPosition: PostgresQuery = "SELECT pg_current_wal_flush_lsn()"
}
