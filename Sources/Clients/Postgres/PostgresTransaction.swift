import Threading

/// A transaction under way. Usable until the closure it was given to returns.
public final class PostgresTransaction: PostgresSession {
    private struct State {
        var enqueued: [PostgresQuery] = []
        /// Calls that have not returned.
        var running = 0
        var hasBegun = false
        var isFinished = false
        /// A statement could not even be sent: what the body meant to do is not what the server has done.
        var isDoomed = false
    }

    private let connection: PostgresConnection
    private let state = Lock(State())

    init(_ connection: PostgresConnection) { self.connection = connection }

    /// Takes a statement along with the next round trip, at the latest with COMMIT. Its rows are dropped; its failure
    /// is thrown by that round trip. Without effect once the transaction's closure has returned.
    public func enqueue(_ query: PostgresQuery) { state.withLock { $0.enqueued.append(query) } }

    public func pipeline(_ queries: [PostgresQuery]) async throws(PostgresError) -> [PostgresRows] {
        let enqueued = try enter()
        defer { leave() }
        let statements = enqueued + queries
        if statements.isEmpty { return [] }
        return Array(try await send(statements).dropFirst(enqueued.count))
    }

    /// Runs a text of several statements, such as a migration. It binds nothing and its rows are dropped.
    public func script(unsafeSQL sql: String) async throws(PostgresError) {
        let enqueued = try enter()
        defer { leave() }
        try await send(enqueued)
        try await connection.script(sql)
    }

    /// Runs `COPY … FROM STDIN` with rows as `CopyText` writes them, read no faster than the server takes them.
    /// - Returns: rows copied.
    /// - Throws: what `rows` throws, or `PostgresError`; the transaction can then only be rolled back.
    @discardableResult
    public func copyIn<Rows: AsyncSequence>(_ sql: String, rows: Rows) async throws -> Int
    where Rows.Element == [UInt8] {
        let enqueued = try enter()
        defer { leave() }
        try await send(enqueued)
        try await connection.beginCopy(sql)
        do {
            var chunk: [UInt8] = []
            for try await row in rows {
                chunk += row
                // Each chunk is a hop to the connection's thread and a system call: too dear for each row.
                if chunk.count < 64 * 1024 { continue }
                try await connection.sendCopy(chunk)
                chunk.removeAll(keepingCapacity: true)
            }
            try Task.checkCancellation()
            if !chunk.isEmpty { try await connection.sendCopy(chunk) }
        } catch {
            if connection.isUsable { _ = try? await connection.finishCopy(failure: "the client gave up") }
            throw error
        }
        return try await connection.endCopy()
    }

    // MARK: Calls

    private func enter() throws(PostgresError) -> [PostgresQuery] {
        let enqueued: [PostgresQuery]? = state.withLock { state in
            if state.isFinished { return nil }
            defer { state.enqueued = [] }
            state.running += 1
            return state.enqueued
        }
        guard let enqueued else {
            throw PostgresError(.transactionFinished, "the transaction was used after its closure had returned")
        }
        return enqueued
    }

    private func leave() { state.withLock { $0.running -= 1 } }

    @discardableResult
    private func send(_ queries: [PostgresQuery]) async throws(PostgresError) -> [PostgresRows] {
        state.withLock { $0.hasBegun = true }
        do throws(PostgresError) {
            return try await connection.pipeline(queries, beginning: Self.begin)
        } catch {
            if error.code == .encoding { state.withLock { $0.isDoomed = true } }
            throw error.code == .connectionLost ? error.withoutEffect() : error
        }
    }

    // MARK: For the connection

    /// - Returns: the position behind the commit, and the rows of what went with it.
    @discardableResult
    func commit(returningLSN: Bool) async throws(PostgresError) -> (lsn: PostgresLSN?, rows: [PostgresRows]) {
        let (enqueued, hasBegun) = try finish()
        if !hasBegun && enqueued.isEmpty {
            return (returningLSN ? try await connection.pipeline([Self.flushPosition])[0][0].decode(0) : nil, [])
        }
        if hasBegun && !connection.isInTransaction {
            throw PostgresError(.transactionAborted, "the transaction had ended before its closure returned")
        }
        let closing: [PostgresQuery] = returningLSN ? ["COMMIT", Self.flushPosition] : ["COMMIT"]
        let reply = try await connection.exchange(enqueued + closing, beginning: Self.begin)
        switch reply.answers[enqueued.count] {
        case .done(let result) where result.command == "COMMIT": break
        case .done:
            throw PostgresError(.transactionAborted, "a statement of the transaction had failed: it was rolled back")
        case .failed(let error) where error.code == .connectionLost:
            throw PostgresError(.commitUnknown, "the connection was lost during COMMIT; its outcome is unknown")
        case .failed(let error): throw error
        case .skipped: throw reply.failure ?? PostgresError(.protocolViolation, "COMMIT was skipped without a reason")
        }
        let rows = reply.answers.prefix(enqueued.count).compactMap { answer in
            if case .done(let result) = answer { PostgresRows(result: result) } else { nil }
        }
        guard returningLSN else { return (nil, rows) }
        guard case .done(let result) = reply.answers[enqueued.count + 1],
            let lsn = try PostgresRows(result: result).first?.decode(0, as: PostgresLSN.self)
        else {
            throw PostgresError(.commitUnknown, "the transaction was committed, but its log position is unknown")
        }
        return (lsn, rows)
    }

    func rollback() async {
        let isBusy = state.withLock { state in
            state.isFinished = true
            return state.running > 0
        }
        // A statement that outlives its transaction must not meet the connection's next user.
        if isBusy { return connection.abandon() }
        // A connection that cannot even roll back is broken, and is thrown away on release.
        if connection.isUsable, connection.isInTransaction { _ = try? await connection.exchange(["ROLLBACK"]) }
    }

    private func finish() throws(PostgresError) -> (enqueued: [PostgresQuery], hasBegun: Bool) {
        let state = self.state.withLock { state in
            state.isFinished = true
            return state
        }
        if state.running > 0 {
            throw PostgresError(.transactionAborted, "the transaction's closure returned while a statement of it ran")
        }
        if state.isDoomed {
            throw PostgresError(.transactionAborted, "a statement of the transaction could not be sent")
        }
        return (state.enqueued, state.hasBegun)
    }

    private static let begin: PostgresQuery = "BEGIN"
    private static let flushPosition: PostgresQuery = "SELECT pg_current_wal_flush_lsn()"
}

extension PostgresConnection {
    nonisolated func transaction<Value>(
        returningLSN: Bool,
        _ body: (PostgresTransaction) async throws -> Value
    ) async throws -> (value: Value, lsn: PostgresLSN?) {
        let transaction = PostgresTransaction(self)
        do {
            let value = try await body(transaction)
            try Task.checkCancellation()
            return (value, try await transaction.commit(returningLSN: returningLSN).lsn)
        } catch {
            await transaction.rollback()
            throw error
        }
    }

    func commitAtOnce(
        _ queries: [PostgresQuery]
    ) async throws(PostgresError) -> (rows: [PostgresRows], lsn: PostgresLSN) {
        if Task.isCancelled { throw PostgresError(.cancelled, "the task was cancelled before the statement was sent") }
        let transaction = PostgresTransaction(self)
        for query in queries { transaction.enqueue(query) }
        do throws(PostgresError) {
            let (lsn, rows) = try await transaction.commit(returningLSN: true)
            guard let lsn else { throw PostgresError(.commitUnknown, "the server gave no position behind COMMIT") }
            return (rows, lsn)
        } catch {
            await transaction.rollback()
            throw error
        }
    }
}
