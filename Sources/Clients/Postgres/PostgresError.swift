import Foundation

/// What went wrong between a statement and its answer.
///
/// `description` holds nothing that a client must not see (no SQL, no values); `debugDescription` tells all but the values of
/// rows, which may be personal.
public struct PostgresError: Error, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// What kind of failure it was, for callers that decide by it.
    public enum Code: Sendable, Hashable {
        /// The server refused the statement; `sqlState` says why.
        case server
        /// No connection could be made.
        case connectFailed
        /// The connection broke while a statement was under way; what it did is unknown.
        case connectionLost
        /// The connection broke while COMMIT was under way: the transaction may or may not have been committed.
        case commitUnknown
        /// A statement inside the transaction had failed, so that COMMIT rolled back.
        case transactionAborted
        /// The transaction (or the lent connection) was used after its closure had returned.
        case transactionFinished
        /// Every connection of the pool is in use and the wait was too long, or too many wait already.
        case poolExhausted
        /// The pool was shut down.
        case poolClosed
        /// The server cancelled the statement because it took longer than the statement timeout.
        case timeout
        /// The task was cancelled.
        case cancelled
        /// A value could not be read as the type asked for.
        case decoding
        /// A value cannot be bound, such as a text that holds a NUL.
        case encoding
        /// The server's answer does not fit what was asked.
        case protocolViolation
        /// A replica has not replayed the position that the read has to see; it ran, and its answer was dropped.
        case replicaBehind
    }

    /// What kind of failure it was.
    public let code: Code
    /// For an operator: names settings and sizes, never values.
    public let message: String
    /// The five characters of SQLSTATE, for errors that the server reported.
    public internal(set) var sqlState: String?
    /// The constraint that was violated, where the server named one.
    public internal(set) var constraint: String?
    /// The table that the error is about, where the server named one.
    public internal(set) var table: String?
    /// The column that the error is about, where the server named one.
    public internal(set) var column: String?
    /// May hold values of rows, which belong into no log.
    public internal(set) var detail: String?
    /// The server's advice, where it gave any.
    public internal(set) var hint: String?
    /// The statement, without its values.
    public internal(set) var sql: String?
    /// Where in the source the statement was run, as `#fileID` has it.
    public let file: String
    /// The line there.
    public let line: Int
    /// The connection was lost, but the server has certainly kept nothing of what was sent.
    var isWithoutEffect = false
    /// A statement was prepared before its table changed; prepared anew it can succeed.
    var isStalePlan = false

    init(_ code: Code, _ message: String, file: String = #fileID, line: Int = #line) {
        self.code = code
        self.message = message
        self.file = file
        self.line = line
    }

    /// Whether the same transaction, run again from its start, can succeed: serialization failure, deadlock, a
    /// connection lost before COMMIT or before anything was sent. Never true where the outcome is unknown.
    public var isRetriable: Bool {
        switch code {
        case .connectFailed, .poolExhausted: true
        case .connectionLost: isWithoutEffect
        case .server: isStalePlan || sqlState == "40001" || sqlState == "40P01"
        default: false
        }
    }

    /// Whether the server takes no writes (SQLSTATE 25006): it is, or has become, a replica. The transaction left nothing.
    public var isReadOnlyServer: Bool { sqlState == "25006" }

    func withoutEffect() -> PostgresError {
        var error = self
        error.isWithoutEffect = true
        return error
    }

    /// Whether a unique constraint (of this name, if given) was violated.
    public func isUniqueViolation(_ constraint: String? = nil) -> Bool {
        sqlState == "23505" && (constraint == nil || constraint == self.constraint)
    }

    public var description: String {
        switch code {
        case .server, .timeout:
            "PostgreSQL refused a statement (SQLSTATE \(sqlState ?? "unknown")\(constraint.map { ", \($0)" } ?? ""))"
        default: message
        }
    }

    /// `Key (email)=(ann@example.com) already exists.` and `Failing row contains (7, Ann, …).`, without what is in the last
    /// brackets. Other details name no values.
    private static func withoutValues(_ detail: String) -> String {
        for opening in [")=(", "contains ("] {
            guard let start = detail.range(of: opening)?.upperBound, let end = detail.lastIndex(of: ")"), start <= end
            else { continue }
            return detail[..<start] + "***" + detail[end...]
        }
        return detail
    }

    public var debugDescription: String {
        var text = "PostgresError.\(code): \(message)"
        let parts = [
            ("sqlstate", sqlState), ("constraint", constraint), ("table", table), ("column", column),
            ("detail", detail.map(Self.withoutValues)), ("hint", hint), ("sql", sql),
        ]
        for (name, value) in parts { if let value { text += " \(name)=\(value)" } }
        return text + " at \(file):\(line)"
    }
}
