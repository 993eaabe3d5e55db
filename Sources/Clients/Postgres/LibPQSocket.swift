import CLibPQ
import CLinux
import Foundation
import Threading

/// The owner of one `PGconn`: the only place that calls libpq on a live connection.
final class LibPQSocket: @unchecked Sendable {
    // @unchecked: `connection` is used by one thread at a time (the connection's actor); what other threads touch is
    // the file descriptor's number, fixed at birth, and `state`, behind its lock. PQcancel is thread-safe by contract.
    enum Step {
        case prepare(String, String)
        case execute(String, [String?])
        /// A statement without values or an answer that anybody reads.
        case run(String)
    }

    private struct State {
        var isUsable = true
        var wasCancelled = false
        var isClosed = false
        var isRunning = false
    }

    private let connection: OpaquePointer
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
    var wasCancelled: Bool { state.withLock { $0.wasCancelled } }

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
            state.wasCancelled = true
            state.isUsable = false
            return state.isRunning ? PQgetCancel(connection) : nil
        }
        guard let handle else { return }
        let request = CancelRequest(handle)
        // A cancel request opens a connection of its own and waits for the server to close it: not on this thread.
        Thread.detachNewThread { request.send() }
    }

    // MARK: Pipeline

    /// Sends the steps with one Sync behind them and collects the answers of the executed ones.
    func pipeline(_ steps: [Step]) throws(PostgresError) -> [PostgresRows] {
        try begin()
        defer { state.withLock { $0.isRunning = false } }
        for step in steps {
            let sent =
                switch step {
                case .prepare(let name, let sql): PQsendPrepare(connection, name, sql, 0, nil)
                case .execute(let name, let bindings): send(name, bindings)
                case .run(let sql): PQsendQueryParams(connection, sql, 0, nil, nil, nil, nil, 1)
                }
            guard sent == 1 else { throw lost() }
        }
        guard PQpipelineSync(connection) == 1 else { throw lost() }
        try flush()

        var results: [PostgresRows] = []
        var failure: PostgresError?
        for step in steps {
            let result = try answer(to: step, &failure)
            if case .execute = step, let result { results.append(PostgresRows(result: result)) }
        }
        try awaitSync()
        if let failure { throw failure }
        return results
    }

    private func send(_ name: String, _ bindings: [String?]) -> Int32 {
        if bindings.isEmpty { return PQsendQueryPrepared(connection, name, 0, nil, nil, nil, 1) }
        return CStrings(bindings).withPointers { values in
            PQsendQueryPrepared(connection, name, Int32(bindings.count), values, nil, nil, 1)
        }
    }

    /// The answer to one step: libpq gives its result and then NULL.
    private func answer(to step: Step, _ failure: inout PostgresError?) throws(PostgresError) -> ResultOwner? {
        guard let result = try nextResult() else { throw lost() }
        var owner: ResultOwner?
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK: owner = ResultOwner(result)
        case PGRES_PIPELINE_ABORTED: PQclear(result)
        default:
            let error = serverError(result, step)
            PQclear(result)
            if error.code == .connectionLost { throw error }
            failure = failure ?? error
        }
        while let extra = try nextResult() { PQclear(extra) }
        return owner
    }

    private func awaitSync() throws(PostgresError) {
        while true {
            let result = try nextResult()
            defer { PQclear(result) }
            if PQresultStatus(result) == PGRES_PIPELINE_SYNC { return }
            if PQstatus(connection) == CONNECTION_BAD { throw lost() }
        }
    }

    // MARK: COPY, which pipeline mode does not allow

    func beginCopy(_ sql: String) throws(PostgresError) {
        try begin()
        guard PQexitPipelineMode(connection) == 1, PQsendQuery(connection, sql) == 1 else { throw lost() }
        try flush()
        guard let result = try nextResult() else { throw lost() }
        defer { PQclear(result) }
        if PQresultStatus(result) == PGRES_COPY_IN { return }
        let error = serverError(result, .run(sql))
        try leaveCopy()
        throw error.code == .server
            ? error : PostgresError(.protocolViolation, "the statement is no COPY … FROM STDIN")
    }

    func sendCopy(_ bytes: [UInt8]) throws(PostgresError) {
        while true {
            let sent = bytes.withUnsafeBytes { buffer in
                PQputCopyData(connection, buffer.bindMemory(to: CChar.self).baseAddress, Int32(buffer.count))
            }
            if sent == 1 { return try flush() }
            if sent < 0 { throw lost() }
            try wait(for: Int16(POLLIN) | Int16(POLLOUT))
            if PQconsumeInput(connection) != 1 { throw lost() }
        }
    }

    func endCopy(failure: String?) throws(PostgresError) -> Int {
        while true {
            let sent = failure.map { PQputCopyEnd(connection, $0) } ?? PQputCopyEnd(connection, nil)
            if sent == 1 { break }
            if sent < 0 { throw lost() }
            try wait(for: Int16(POLLOUT))
        }
        try flush()
        guard let result = try nextResult() else { throw lost() }
        guard PQresultStatus(result) == PGRES_COMMAND_OK else {
            let error = serverError(result, .run("COPY"))
            PQclear(result)
            try leaveCopy()
            throw error
        }
        let owner = ResultOwner(result)
        try leaveCopy()
        return owner.affectedRows
    }

    private func leaveCopy() throws(PostgresError) {
        while let extra = try nextResult() { PQclear(extra) }
        state.withLock { $0.isRunning = false }
        guard PQenterPipelineMode(connection) == 1 else { throw lost() }
    }

    // MARK: Scripts: several statements in one text, which only the simple protocol takes

    /// Runs the statements of `sql` in order; their rows are dropped.
    func script(_ sql: String) throws(PostgresError) {
        try begin()
        guard PQexitPipelineMode(connection) == 1, PQsendQuery(connection, sql) == 1 else { throw lost() }
        try flush()
        var failure: PostgresError?
        while let result = try nextResult() {
            switch PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: break
            default: failure = failure ?? serverError(result, .run(sql))
            }
            PQclear(result)
        }
        if PQstatus(connection) == CONNECTION_BAD { throw lost() }
        state.withLock { $0.isRunning = false }
        guard PQenterPipelineMode(connection) == 1 else { throw lost() }
        if let failure { throw failure }
    }

    // MARK: The socket

    private func begin() throws(PostgresError) {
        let isUsable = state.withLock { state in
            state.isRunning = state.isUsable
            return state.isUsable
        }
        if !isUsable { throw PostgresError(.connectionLost, "the connection to PostgreSQL is closed") }
    }

    private func nextResult() throws(PostgresError) -> OpaquePointer? {
        while PQisBusy(connection) != 0 {
            try wait(for: Int16(POLLIN))
            // On failure libpq has a result that says why; PQgetResult hands it out.
            if PQconsumeInput(connection) != 1 { break }
        }
        return PQgetResult(connection)
    }

    /// Writes what is buffered, reading meanwhile: a server that cannot send its answers stops reading ours.
    private func flush() throws(PostgresError) {
        while true {
            let left = PQflush(connection)
            if left == 0 { return }
            if left < 0 { throw lost() }
            try wait(for: Int16(POLLIN) | Int16(POLLOUT))
            if PQconsumeInput(connection) != 1 { throw lost() }
        }
    }

    private func wait(for events: Int16) throws(PostgresError) {
        var descriptor = pollfd(fd: descriptor, events: events, revents: 0)
        while poll(&descriptor, 1, -1) < 0 {
            guard errno == EINTR else { throw lost() }
        }
    }

    private func lost() -> PostgresError {
        state.withLock { $0.isUsable = false }
        let why = String(cString: PQerrorMessage(connection)).trimmingCharacters(in: .whitespacesAndNewlines)
        return PostgresError(.connectionLost, "the connection to PostgreSQL was lost: \(why)")
    }

    private func serverError(_ result: OpaquePointer, _ step: Step) -> PostgresError {
        func field(_ code: Int32) -> String? { PQresultErrorField(result, code).map { String(cString: $0) } }
        let sqlState = field(ErrorField.sqlState)
        // Class 57P: the server shuts down, or an administrator ended the session; libpq's own errors have no SQLSTATE.
        if sqlState == nil || sqlState?.hasPrefix("57P") == true || PQstatus(connection) == CONNECTION_BAD {
            var error = lost()
            error.sqlState = sqlState
            return error
        }
        let code: PostgresError.Code = sqlState == "57014" ? .timeout : .server
        var error = PostgresError(code, field(ErrorField.message) ?? "the server gave no message")
        error.sqlState = sqlState
        error.constraint = field(ErrorField.constraint)
        error.table = field(ErrorField.table)
        error.column = field(ErrorField.column)
        error.detail = field(ErrorField.detail)
        error.hint = field(ErrorField.hint)
        switch step {
        case .prepare(_, let sql), .run(let sql): error.sql = sql
        case .execute: break
        }
        return error
    }
}

/// Field codes of an error report. Source: PostgreSQL documentation, "Error and Notice Message Fields".
private enum ErrorField {
    static let sqlState = Int32(UInt8(ascii: "C"))
    static let message = Int32(UInt8(ascii: "M"))
    static let detail = Int32(UInt8(ascii: "D"))
    static let hint = Int32(UInt8(ascii: "H"))
    static let table = Int32(UInt8(ascii: "t"))
    static let column = Int32(UInt8(ascii: "c"))
    static let constraint = Int32(UInt8(ascii: "n"))
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
