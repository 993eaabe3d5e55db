import CLibPQ
import CLinux
import Foundation
import Threading

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

    /// Runs statements in one round trip.
    ///
    /// Cancelling the task cancels the running statement on the server and gives the connection up: a late cancel
    /// request could otherwise hit the next user's statement.
    nonisolated func pipeline(_ queries: [PostgresQuery]) async throws(PostgresError) -> [PostgresRows] {
        if Task.isCancelled { throw PostgresError(.cancelled, "the task was cancelled before the statement was sent") }
        return try await cancellable { () async throws(PostgresError) in try await self.exchange(queries) }
    }

    /// `pipeline`, but not cut short when the task is cancelled: for COMMIT and ROLLBACK.
    nonisolated func pipelineToTheEnd(_ queries: [PostgresQuery]) async throws(PostgresError) -> [PostgresRows] {
        try await exchange(queries)
    }

    private nonisolated func cancellable<Value: Sendable>(
        _ body: @Sendable () async throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
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

    private func exchange(_ queries: [PostgresQuery]) throws(PostgresError) -> [PostgresRows] {
        var steps: [LibPQSocket.Step] = []
        steps.reserveCapacity(queries.count)
        for query in queries {
            if query.bindings.contains(where: { $0?.utf8.contains(0) == true }) {
                throw PostgresError(.encoding, "a text that holds a NUL character cannot be stored")
            }
            let lookup = statements.lookUp(query.sql)
            if let evicted = lookup.evicted { steps.append(.run("DEALLOCATE \(evicted)")) }
            if lookup.isNew { steps.append(.prepare(lookup.name, query.sql)) }
            steps.append(.execute(lookup.name, query.bindings))
        }
        meter.count(statements: queries.count)
        do throws(PostgresError) {
            return try socket.pipeline(steps)
        } catch {
            // Which of them the server still prepared is not worth finding out: prepared again under new names.
            for query in queries { statements.forget(query.sql) }
            throw error
        }
    }

    func script(_ sql: String) throws(PostgresError) {
        meter.count(statements: 1)
        try socket.script(sql)
    }

    func beginCopy(_ sql: String) throws(PostgresError) {
        meter.count(statements: 1)
        try socket.beginCopy(sql)
    }

    func sendCopy(_ bytes: [UInt8]) throws(PostgresError) { try socket.sendCopy(bytes) }

    /// - Parameter failure: why the copy is given up, or nil to complete it.
    /// - Returns: rows copied.
    func endCopy(failure: String?) throws(PostgresError) -> Int { try socket.endCopy(failure: failure) }

    func close() { socket.close() }
}

typealias NoticeHandler = @Sendable (_ message: String) -> Void
