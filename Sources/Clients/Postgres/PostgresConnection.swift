import Foundation
import Threading

typealias NoticeHandler = @Sendable (_ message: String) -> Void

/// One libpq connection on a thread of its own, in pipeline mode.
///
/// Its methods block that thread and nothing else. They are called by one lease holder at a time; the pool sees to that.
actor PostgresConnection {
    private let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let socket: LibPQSocket
    private var statements: StatementCache
    private let meter: TrafficMeter

    /// Connects, which blocks the new connection's own thread.
    static func open(
        _ configuration: PostgresPool.Configuration,
        meter: TrafficMeter,
        onNotice: @escaping NoticeHandler
    )
        async throws(PostgresError) -> PostgresConnection
    {
        let parameters = try ConnectionParameters(
            url: configuration.url,
            applicationName: configuration.applicationName,
            connectTimeout: configuration.connectTimeout,
            statementTimeout: configuration.statementTimeout
        )
        let opener = Opener()
        let socket = try await opener.open(parameters, onNotice)
        return PostgresConnection(
            socket: socket,
            executor: opener.executor,
            statements: StatementCache(capacity: configuration.preparedStatements),
            meter: meter
        )
    }

    private actor Opener {
        let executor = ThreadExecutor(name: "postgres")
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

        func open(_ parameters: ConnectionParameters, _ onNotice: @escaping NoticeHandler)
            throws(PostgresError) -> LibPQSocket
        {
            try LibPQSocket(parameters, onNotice: onNotice)
        }
    }

    private init(socket: LibPQSocket, executor: ThreadExecutor, statements: StatementCache, meter: TrafficMeter) {
        self.socket = socket
        self.executor = executor
        self.statements = statements
        self.meter = meter
    }

    /// False once the connection broke or was cancelled; such a connection is never used again.
    nonisolated var isUsable: Bool { socket.isUsable }
    /// Whether the server has neither closed the idle connection nor sent something nobody asked for.
    nonisolated var isQuiet: Bool { socket.isQuiet }
    nonisolated var isInTransaction: Bool { socket.isInTransaction }

    /// Stops what runs, if anything; the connection is not used again.
    nonisolated func abandon() { socket.cancel() }

    /// Runs statements in one round trip, after `begin` where the server is not in a transaction yet.
    ///
    /// Cancelling the task cancels the running statement on the server and gives the connection up: a late cancel
    /// request could otherwise hit the next user's statement.
    nonisolated func pipeline(
        _ queries: [PostgresQuery],
        beginning begin: PostgresQuery? = nil
    ) async throws(PostgresError) -> [PostgresRows] {
        try await cancellable { () async throws(PostgresError) in try await self.run(queries, beginning: begin) }
    }

    /// Runs a text of several statements.
    nonisolated func script(_ sql: String) async throws(PostgresError) {
        try await cancellable { () async throws(PostgresError) in try await self.runScript(sql) }
    }

    nonisolated func beginCopy(_ sql: String) async throws(PostgresError) {
        try await cancellable { () async throws(PostgresError) in try await self.startCopy(sql) }
    }

    nonisolated func sendCopy(_ bytes: [UInt8]) async throws(PostgresError) {
        try await cancellable { () async throws(PostgresError) in try await self.continueCopy(bytes) }
    }

    /// - Returns: rows copied.
    nonisolated func endCopy() async throws(PostgresError) -> Int {
        try await cancellable { () async throws(PostgresError) in try await self.finishCopy(failure: nil) }
    }

    private nonisolated func cancellable<Value: Sendable>(
        _ body: @Sendable () async throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        if Task.isCancelled { throw PostgresError(.cancelled, "the task was cancelled before the statement was sent") }
        let outcome: Result<Value, PostgresError> = await withTaskCancellationHandler {
            do throws(PostgresError) { return .success(try await body()) } catch { return .failure(error) }
        } onCancel: {
            socket.cancel()
        }
        if socket.wasCancelled, case .failure = outcome {
            throw PostgresError(.cancelled, "the task was cancelled while its statement ran")
        }
        return try outcome.get()
    }

    // MARK: On the connection's thread

    private func run(
        _ queries: [PostgresQuery],
        beginning begin: PostgresQuery?
    ) throws(PostgresError) -> [PostgresRows] {
        var reply = try exchange(queries, beginning: begin)
        // A statement prepared before somebody altered its table. Nothing of its transaction stands: once more, anew.
        if reply.failure?.isStalePlan == true, !socket.isInTransaction {
            reply = try exchange(queries, beginning: begin)
        }
        if let failure = reply.failure { throw failure }
        return reply.answers.compactMap { if case .done(let result) = $0 { PostgresRows(result: result) } else { nil } }
    }

    /// One round trip, not cut short when the task is cancelled: also for COMMIT and ROLLBACK.
    /// - Returns: an answer for each of `queries`.
    /// - Throws: when nothing was sent.
    func exchange(
        _ queries: [PostgresQuery],
        beginning begin: PostgresQuery? = nil
    ) throws(PostgresError) -> LibPQSocket.Reply {
        let opening = socket.isInTransaction ? [] : begin.map { [$0] } ?? []
        let queries = opening + queries
        if queries.isEmpty { return LibPQSocket.Reply() }
        for query in queries { try query.validate() }

        var steps = queries.map { query in
            let lookup = statements.lookUp(query.sql)
            return LibPQSocket.Statement(
                name: lookup.name,
                sql: query.sql,
                bindings: query.bindings,
                isNew: lookup.isNew
            )
        }
        // Behind the others, since a failed transaction takes nothing but ROLLBACK.
        let evicted = statements.evicted
        steps += evicted.map { name in .init(name: "", sql: "DEALLOCATE \(name)", bindings: [], isNew: true) }

        meter.count(statements: queries.count)
        var reply = try socket.pipeline(steps)
        for step in steps[min(reply.preparedCount, queries.count)..<queries.count] where step.isNew {
            statements.forget(step.name)
        }
        for (name, answer) in zip(evicted, reply.answers[queries.count...]) {
            if case .done = answer { statements.forget(name) }
        }
        if reply.failure?.isStalePlan == true { statements.evictAll() }
        reply.answers = Array(reply.answers[opening.count..<queries.count])
        return reply
    }

    private func runScript(_ sql: String) throws(PostgresError) {
        meter.count(statements: 1)
        try socket.script(sql)
    }

    private func startCopy(_ sql: String) throws(PostgresError) {
        meter.count(statements: 1)
        try socket.beginCopy(sql)
    }

    private func continueCopy(_ bytes: [UInt8]) throws(PostgresError) { try socket.sendCopy(bytes) }

    /// - Parameter failure: why the copy is given up, or nil to complete it.
    func finishCopy(failure: String?) throws(PostgresError) -> Int {
        meter.count(statements: 0)
        return try socket.endCopy(failure: failure)
    }

    func close() { socket.close() }
}
