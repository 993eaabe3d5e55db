import CLibPQ
import CLinux
import Foundation
import Threading

/// The owner of one `PGconn`: the only place that calls libpq on a live connection.
final class LibPQSocket: @unchecked Sendable {
    // @unchecked: `connection` is used by one thread at a time (the connection's actor); what other threads touch is
    // the file descriptor's number, fixed at birth, and `state`, behind its lock. PQcancel is thread-safe by contract.
    struct Statement {
        /// The name it is prepared under; empty for a statement used once.
        let name: String
        let sql: String
        let bindings: [String?]
        /// Whether it has to be prepared first.
        let isNew: Bool
    }

    /// What the server answered to one statement.
    enum Answer {
        case done(ResultOwner)
        case failed(PostgresError)
        /// Not run, because one before it failed.
        case skipped
    }

    struct Reply {
        /// One for each statement.
        var answers: [Answer] = []
        /// How many of the statements are prepared now: those before the first that failed to be.
        var preparedCount = 0
        /// The first failure, be it a statement's or that of the implicit transaction, which commits at the Sync.
        var failure: PostgresError?
    }

    private struct State {
        var isUsable = true
        var isClosed = false
        var isRunning = false
        var isInTransaction = false
        var cancelledAt: ContinuousClock.Instant?

        /// A server that does not even answer a cancel request is cut off from us.
        var isOverdue: Bool { cancelledAt.map { $0.duration(to: .now) > .seconds(5) } ?? false }
    }

    let connection: OpaquePointer
    private let descriptor: Int32
    private let state = Lock(State())
    private let noticeBox: NoticeBox

    init(_ parameters: ConnectionParameters, onNotice: @escaping NoticeHandler) throws(PostgresError) {
        let made = parameters.withCStrings { keywords, values in PQconnectdbParams(keywords, values, 0) }
        guard let made else { throw PostgresError(.connectFailed, "libpq is out of memory") }
        guard PQstatus(made) == CONNECTION_OK, PQsetnonblocking(made, 1) == 0, PQenterPipelineMode(made) == 1 else {
            let why = String(cString: PQerrorMessage(made)).trimmingCharacters(in: .whitespacesAndNewlines)
            PQfinish(made)
            throw PostgresError(.connectFailed, "cannot connect to PostgreSQL: \(why)")
        }
        connection = made
        descriptor = PQsocket(made)
        noticeBox = NoticeBox(onNotice)
        PQsetNoticeProcessor(
            made,
            { context, text in
                guard let context, let text else { return }
                Unmanaged<NoticeBox>.fromOpaque(context).takeUnretainedValue().handler(String(cString: text))
            },
            Unmanaged.passUnretained(noticeBox).toOpaque()
        )
    }

    deinit { close() }

    var isUsable: Bool { state.withLock { $0.isUsable } }
    var wasCancelled: Bool { state.withLock { $0.cancelledAt != nil } }
    /// Whether the server, after its last answer, was inside a transaction block, be it a failed one.
    var isInTransaction: Bool { state.withLock { $0.isInTransaction } }

    var isQuiet: Bool {
        var descriptor = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return isUsable && poll(&descriptor, 1, 0) == 0
    }

    func close() {
        let first = state.withLock { state in
            defer {
                state.isClosed = true
                state.isUsable = false
            }
            return !state.isClosed
        }
        if first { PQfinish(connection) }
    }

    /// Any thread. Asks the server to stop the running statement; the connection is not used again.
    func cancel() {
        let handle: OpaquePointer? = state.withLock { state in
            guard !state.isClosed else { return nil }
            state.cancelledAt = state.cancelledAt ?? .now
            state.isUsable = false
            return state.isRunning ? PQgetCancel(connection) : nil
        }
        guard let handle else { return }
        let request = CancelRequest(handle)
        // A cancel request opens a connection of its own and waits for the server to close it: not on this thread.
        Thread.detachNewThread { request.send() }
    }

    // MARK: Pipeline

    /// Sends the statements with one Sync behind them and collects the answers.
    ///
    /// A connection lost on the way fails the statements that had no answer yet, so that the caller sees how far the
    /// server had come.
    /// - Throws: when nothing was sent.
    func pipeline(_ statements: [Statement]) throws(PostgresError) -> Reply {
        try begin()
        defer { end() }
        var reply = Reply()
        do throws(PostgresError) {
            for statement in statements { try send(statement) }
            guard PQpipelineSync(connection) == 1 else { throw lost() }
            try flush()
            for statement in statements {
                if statement.isNew, case .failed(var error) = try nextAnswer() {
                    error.sql = statement.sql
                    reply.failure = reply.failure ?? error
                }
                if reply.failure == nil { reply.preparedCount += 1 }
                var answer = try nextAnswer()
                if case .failed(var error) = answer {
                    error.sql = statement.sql
                    reply.failure = reply.failure ?? error
                    answer = .failed(error)
                }
                reply.answers.append(answer)
            }
            if let error = try awaitSync() { reply.failure = reply.failure ?? error }
        } catch {
            let unanswered = statements.count - reply.answers.count
            reply.answers += Array(repeating: .failed(error), count: unanswered)
            reply.failure = reply.failure ?? error
        }
        return reply
    }

    private func send(_ statement: Statement) throws(PostgresError) {
        let (name, bindings) = (statement.name, statement.bindings)
        if statement.isNew, PQsendPrepare(connection, name, statement.sql, 0, nil) != 1 { throw lost() }
        let sent = CStrings(bindings).withPointers { values in
            PQsendQueryPrepared(connection, name, Int32(bindings.count), values, nil, nil, 1)
        }
        if sent != 1 { throw lost() }
    }

    /// The answer to one step: libpq gives its result and then NULL.
    private func nextAnswer() throws(PostgresError) -> Answer {
        guard let result = try nextResult() else { throw lost() }
        let answer: Answer
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: answer = .done(ResultOwner(result))
        case PGRES_PIPELINE_ABORTED:
            PQclear(result)
            answer = .skipped
        case PGRES_FATAL_ERROR: answer = .failed(try serverError(consuming: result))
        default:
            // COPY: libpq would answer with the same state for ever.
            PQclear(result)
            throw lost("a statement answered with a COPY, which only copyIn can carry out")
        }
        while let extra = try nextResult() { PQclear(extra) }
        return answer
    }

    /// - Returns: why the implicit transaction could not be committed.
    private func awaitSync() throws(PostgresError) -> PostgresError? {
        var failure: PostgresError?
        while true {
            guard let result = try nextResult() else {
                if PQstatus(connection) == CONNECTION_BAD { throw lost() }
                continue
            }
            switch PQresultStatus(result) {
            case PGRES_PIPELINE_SYNC:
                PQclear(result)
                return failure
            case PGRES_FATAL_ERROR:
                let error = try serverError(consuming: result)
                failure = failure ?? error
            default: PQclear(result)
            }
        }
    }

    // MARK: The socket

    func begin() throws(PostgresError) {
        let isUsable = state.withLock { state in
            state.isRunning = state.isUsable
            return state.isUsable
        }
        if isUsable { return }
        var error = PostgresError(.connectionLost, "the connection to PostgreSQL is closed")
        error.isWithoutEffect = true
        throw error
    }

    func end() {
        let isInTransaction = PQtransactionStatus(connection) != PQTRANS_IDLE
        state.withLock { state in
            state.isRunning = false
            state.isInTransaction = isInTransaction
        }
    }

    func nextResult() throws(PostgresError) -> OpaquePointer? {
        while PQisBusy(connection) != 0 {
            try wait(for: Int16(POLLIN))
            // On failure libpq has a result that says why; PQgetResult hands it out.
            if PQconsumeInput(connection) != 1 { break }
        }
        return PQgetResult(connection)
    }

    /// Writes what is buffered, reading meanwhile: a server that cannot send its answers stops reading ours.
    func flush() throws(PostgresError) {
        while true {
            let left = PQflush(connection)
            if left == 0 { return }
            if left < 0 { throw lost() }
            try wait(for: Int16(POLLIN) | Int16(POLLOUT))
            if PQconsumeInput(connection) != 1 { throw lost() }
        }
    }

    /// Wakes up each second to see whether the task was cancelled and the server does not react.
    func wait(for events: Int16) throws(PostgresError) {
        while true {
            var descriptor = pollfd(fd: descriptor, events: events, revents: 0)
            let ready = poll(&descriptor, 1, 1_000)
            if ready > 0 { return }
            if ready < 0, errno != EINTR { throw lost() }
            if state.withLock({ $0.isOverdue }) { throw lost("the server did not answer a cancel request") }
        }
    }

    func lost(_ why: String? = nil) -> PostgresError {
        state.withLock { $0.isUsable = false }
        let why = why ?? String(cString: PQerrorMessage(connection)).trimmingCharacters(in: .whitespacesAndNewlines)
        return PostgresError(.connectionLost, "the connection to PostgreSQL was lost: \(why)")
    }
}

private final class NoticeBox: Sendable {
    let handler: NoticeHandler
    init(_ handler: @escaping NoticeHandler) { self.handler = handler }
}

/// Owns one `PGcancel`.
private final class CancelRequest: @unchecked Sendable {
    // @unchecked: PQcancel may be called from any thread on a handle that nobody changes.
    private let handle: OpaquePointer
    init(_ handle: OpaquePointer) { self.handle = handle }
    deinit { PQfreeCancel(handle) }

    func send() {
        var message = [CChar](repeating: 0, count: 256)
        _ = PQcancel(handle, &message, Int32(message.count))
    }
}
