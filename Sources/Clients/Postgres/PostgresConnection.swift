import Foundation
import Threading

typealias NoticeHandler = @Sendable (_ message: String) -> Void

/// One libpq connection in pipeline mode.
///
/// Its methods are called by one lease holder at a time; the pool sees to that. Round trips block no thread; connecting,
/// scripts and COPY block one that is made for them.
final class PostgresConnection: Sendable {
    private let socket: LibPQSocket
    private let statements: Lock<StatementCache>
    private let meter: TrafficMeter
    private let thread: Lock<BlockingThread?>
    let openedAt = ContinuousClock.now

    /// Connects.
    static func open(
        _ configuration: PostgresPool.Configuration,
        meter: TrafficMeter,
        onNotice: @escaping NoticeHandler
    )
        async throws(PostgresError) -> PostgresConnection
    {
        let parameters = try ConnectionParameters(configuration)
        let socket = try await BlockingThread().run { () throws(PostgresError) in
            try LibPQSocket(parameters, onNotice: onNotice)
        }
        return PostgresConnection(
            socket: socket,
            statements: StatementCache(capacity: configuration.preparedStatements),
            meter: meter
        )
    }

    private init(socket: LibPQSocket, statements: StatementCache, meter: TrafficMeter) {
        self.socket = socket
        self.statements = Lock(statements)
        self.meter = meter
        thread = Lock(nil)
    }

    /// False once the connection broke or was cancelled; such a connection is never used again.
    var isUsable: Bool { socket.isUsable }
    /// Whether the server has neither closed the idle connection nor sent something nobody asked for.
    var isQuiet: Bool { socket.isQuiet }
    var isInTransaction: Bool { socket.isInTransaction }

    /// Stops what runs, if anything; the connection is not used again.
    func abandon() { socket.cancel() }

    /// Hangs up at once: what runs fails as `.connectionLost`.
    func cutOff() { socket.cutOff() }

    /// Runs statements in one round trip, after `begin` where the server is not in a transaction yet.
    ///
    /// Cancelling the task cancels the running statement on the server and gives the connection up: a late cancel
    /// request could otherwise hit the next user's statement.
    func pipeline(
        _ queries: [PostgresQuery],
        beginning begin: PostgresQuery? = nil
    ) async throws(PostgresError) -> [PostgresRows] {
        try await cancellable { () async throws(PostgresError) in try await self.run(queries, beginning: begin) }
    }

    /// Runs a text of several statements.
    func script(_ sql: String) async throws(PostgresError) {
        meter.count(statements: 1)
        try await cancellable { () async throws(PostgresError) in
            try await self.blocking { socket throws(PostgresError) in try socket.script(sql) }
        }
    }

    func beginCopy(_ sql: String) async throws(PostgresError) {
        meter.count(statements: 1)
        try await cancellable { () async throws(PostgresError) in
            try await self.blocking { socket throws(PostgresError) in try socket.beginCopy(sql) }
        }
    }

    func sendCopy(_ bytes: [UInt8]) async throws(PostgresError) {
        try await cancellable { () async throws(PostgresError) in
            try await self.blocking { socket throws(PostgresError) in try socket.sendCopy(bytes) }
        }
    }

    /// - Returns: rows copied.
    func endCopy() async throws(PostgresError) -> Int {
        try await cancellable { () async throws(PostgresError) in try await self.finishCopy(failure: nil) }
    }

    /// Not cut short when the task is cancelled.
    /// - Parameter failure: why the copy is given up, or nil to complete it.
    @discardableResult
    func finishCopy(failure: String?) async throws(PostgresError) -> Int {
        meter.count(statements: 0)
        return try await blocking { socket throws(PostgresError) in try socket.endCopy(failure: failure) }
    }

    private func blocking<Value: Sendable>(
        _ call: @escaping @Sendable (LibPQSocket) throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        let thread = thread.withLock { thread in
            let made = thread ?? BlockingThread()
            thread = made
            return made
        }
        return try await thread.run { [socket] () throws(PostgresError) in try call(socket) }
    }

    private func cancellable<Value: Sendable>(
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

    private func run(
        _ queries: [PostgresQuery],
        beginning begin: PostgresQuery?
    ) async throws(PostgresError) -> [PostgresRows] {
        var reply = try await exchange(queries, beginning: begin)
        // A statement prepared before somebody altered its table. Nothing of its transaction stands: once more, anew.
        if reply.failure?.isStalePlan == true, !socket.isInTransaction {
            reply = try await exchange(queries, beginning: begin)
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
    ) async throws(PostgresError) -> LibPQSocket.Reply {
        let opening = socket.isInTransaction ? [] : begin.map { [$0] } ?? []
        let queries = opening + queries
        if queries.isEmpty { return LibPQSocket.Reply() }
        for query in queries { try query.validate() }

        let (steps, evicted) = statements.withLock { statements in
            let steps = queries.map { query in
                let lookup = statements.lookUp(query.sql)
                return LibPQSocket.Statement(
                    name: lookup.name,
                    sql: query.sql,
                    bindings: query.bindings,
                    isNew: lookup.isNew
                )
            }
            return (steps, statements.evicted)
        }
        // Behind the others, since a failed transaction takes nothing but ROLLBACK.
        let deallocations = evicted.map { name in
            LibPQSocket.Statement(name: "", sql: "DEALLOCATE \(name)", bindings: [], isNew: true)
        }

        meter.count(statements: queries.count)
        var reply = try await socket.pipeline(steps + deallocations)
        if reply.failure != nil || !evicted.isEmpty {
            statements.withLock { statements in
                for step in steps[min(reply.preparedCount, queries.count)...] where step.isNew {
                    statements.forget(step.name)
                }
                for (name, answer) in zip(evicted, reply.answers[queries.count...]) {
                    if case .done = answer { statements.forget(name) }
                }
                if reply.failure?.isStalePlan == true { statements.evictAll() }
            }
        }
        reply.answers = Array(reply.answers[opening.count..<queries.count])
        return reply
    }

    /// At once, or after the blocking call that is under way.
    func close() {
        guard let thread = thread.withLock({ $0 }) else { return socket.close() }
        Task { [socket] in try? await thread.run { socket.close() } }
    }
}

/// A thread for calls that block.
private actor BlockingThread {
    private let executor = ThreadExecutor(name: "postgres-call")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    func run<Value: Sendable>(
        _ call: @Sendable () throws(PostgresError) -> Value
    ) throws(PostgresError) -> Value {
        try call()
    }
}
