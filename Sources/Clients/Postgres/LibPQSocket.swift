import CLibPQ
import CLinux
import Foundation
import Threading

/// The owner of one `PGconn`: the only place that calls libpq on a live connection.
final class LibPQSocket: @unchecked Sendable {
    // @unchecked: `connection` is used under `wire`, or by the one thread that a blocking call runs on, during which nobody
    // watches the socket. PQcancel is thread-safe by contract.
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
        var isOverdue: Bool { cancelledAt.map { $0.duration(to: .now) > LibPQSocket.patience } ?? false }
    }

    /// How long a cancelled statement may take to end.
    private static let patience = Duration.seconds(5)

    /// A pipeline under way.
    private struct Exchange {
        var reader: PipelineReader
        let continuation: CheckedContinuation<Reply, Never>
        /// The socket has not taken everything yet.
        var isSending = false
    }

    /// Who is to be told that his pipeline is over. Done outside of the lock.
    private struct Completion {
        let continuation: CheckedContinuation<Reply, Never>
        let reply: Reply

        func tell() { continuation.resume(returning: reply) }
    }

    /// What libpq is busy with while it does not block anybody.
    private struct Wire {
        var exchange: Exchange?
        /// Of the watch on the socket; nil during a blocking call.
        var watch: UInt64?
    }

    let connection: OpaquePointer
    let descriptor: Int32
    private let state = Lock(State())
    private let wire = Lock(Wire())
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
        watch()
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
        if !first { return }
        let completion: Completion? = wire.withLock { wire in
            unwatch(&wire)
            defer { PQfinish(connection) }
            return wire.exchange == nil ? nil : finish(&wire, failure: lost("it was closed"))
        }
        completion?.tell()
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
        Task { [weak self] in
            try? await Task.sleep(for: Self.patience)
            self?.cutOff()
        }
    }

    /// Whoever waits for the answers to a pipeline sees the end of the connection.
    func cutOff() {
        wire.withLock { wire in
            // Without a descriptor libpq has hung up by itself.
            if wire.exchange != nil, PQsocket(connection) >= 0 { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    // MARK: Pipeline

    /// Sends the statements with one Sync behind them and collects the answers. Blocks nobody.
    ///
    /// A connection lost on the way fails the statements that had no answer yet, so that the caller sees how far the
    /// server had come.
    /// - Throws: when nothing was sent.
    func pipeline(_ statements: [Statement]) async throws(PostgresError) -> Reply {
        try begin()
        let reply = await withCheckedContinuation { continuation in
            start(statements, continuation)?.tell()
        }
        // Answers were made under this lock. Taken once more, it tells the thread sanitizer so, which does not hear it of a
        // continuation that was resumed before anybody waited for it.
        wire.withLock { _ in }
        return reply
    }

    private func start(_ statements: [Statement], _ continuation: CheckedContinuation<Reply, Never>) -> Completion? {
        wire.withLock { wire in
            wire.exchange = Exchange(reader: PipelineReader(statements), continuation: continuation)
            do throws(PostgresError) {
                for statement in statements { try send(statement) }
                guard PQpipelineSync(connection) == 1 else { throw lost() }
                try sendRest(&wire)
                return nil
            } catch {
                return finish(&wire, failure: error)
            }
        }
    }

    private func send(_ statement: Statement) throws(PostgresError) {
        let (name, bindings) = (statement.name, statement.bindings)
        if statement.isNew, PQsendPrepare(connection, name, statement.sql, 0, nil) != 1 { throw lost() }
        let sent = CStrings(bindings).withPointers { values in
            PQsendQueryPrepared(connection, name, Int32(bindings.count), values, nil, nil, 1)
        }
        if sent != 1 { throw lost() }
    }

    /// What the socket does not take now is sent when it takes bytes again.
    private func sendRest(_ wire: inout Wire) throws(PostgresError) {
        let left = PQflush(connection)
        if left < 0 { throw lost() }
        let isSending = left > 0
        guard let watch = wire.watch, wire.exchange?.isSending != isSending else { return }
        wire.exchange?.isSending = isSending
        SocketWatch.shared.change(watch, of: descriptor, wantsToWrite: isSending)
    }

    /// Called on the watch's thread: there is something to read, or room to write.
    func isReady() {
        let completion: Completion? = wire.withLock { wire in
            // Told before the watch ended.
            if wire.watch == nil { return nil }
            guard wire.exchange != nil else {
                // Nobody asked for anything: the server hung up, or speaks out of turn. The pool opens another.
                state.withLock { $0.isUsable = false }
                unwatch(&wire)
                return nil
            }
            do throws(PostgresError) {
                // On failure libpq has a result that says why.
                let isAlive = PQconsumeInput(connection) == 1
                if isAlive, wire.exchange?.isSending == true { try sendRest(&wire) }
                return try readAnswers(&wire) ? finish(&wire, failure: nil) : nil
            } catch {
                return finish(&wire, failure: error)
            }
        }
        completion?.tell()
    }

    /// - Returns: whether the pipeline is over.
    private func readAnswers(_ wire: inout Wire) throws(PostgresError) -> Bool {
        while PQisBusy(connection) == 0 {
            guard let result = PQgetResult(connection) else {
                if PQstatus(connection) == CONNECTION_BAD { throw lost() }
                guard wire.exchange?.reader.endStep() == true else { throw lost("a statement had no answer") }
                continue
            }
            switch PQresultStatus(result) {
            case PGRES_PIPELINE_SYNC:
                PQclear(result)
                return true
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
                wire.exchange?.reader.take(.done(ResultOwner(result)))
            case PGRES_PIPELINE_ABORTED:
                PQclear(result)
                wire.exchange?.reader.take(.skipped)
            case PGRES_FATAL_ERROR: wire.exchange?.reader.take(.failed(try serverError(consuming: result)))
            default:
                // COPY: libpq would answer with the same state for ever.
                PQclear(result)
                throw lost("a statement answered with a COPY, which only copyIn can carry out")
            }
        }
        return false
    }

    private func finish(_ wire: inout Wire, failure: PostgresError?) -> Completion? {
        guard var exchange = wire.exchange else { return nil }
        wire.exchange = nil
        if let failure { exchange.reader.cut(failure) }
        end()
        return Completion(continuation: exchange.continuation, reply: exchange.reader.reply)
    }

    // MARK: The watch

    private func watch() { wire.withLock { $0.watch = SocketWatch.shared.add(self) } }

    private func unwatch(_ wire: inout Wire) {
        guard let watch = wire.watch else { return }
        // Where libpq has hung up by itself, the descriptor may be another connection's by now.
        SocketWatch.shared.remove(watch, of: PQsocket(connection))
        wire.watch = nil
    }

    /// For a blocking call, which reads for itself.
    func beginBlocking() throws(PostgresError) {
        try begin()
        wire.withLock { unwatch(&$0) }
    }

    func endBlocking() {
        end()
        watch()
    }

    // MARK: The socket

    private func begin() throws(PostgresError) {
        let isUsable = state.withLock { state in
            state.isRunning = state.isUsable
            return state.isUsable
        }
        if isUsable { return }
        var error = PostgresError(.connectionLost, "the connection to PostgreSQL is closed")
        error.isWithoutEffect = true
        throw error
    }

    private func end() {
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
