/// The name of a log field. Keys stand here, in one place, so that one name always means one thing across programs.
///
/// A module with a field of its own extends this type with a `static let`.
public struct LogKey: Hashable, Sendable, ExpressibleByStringLiteral {
    public let name: String

    /// - Parameter name: in snake case. The names that every line has (`ts`, `level`, `service`, `logger`, `msg`) get an
    ///   underscore appended, since a JSON object with the same key twice is read differently by every reader.
    public init(_ name: String) {
        self.name = Self.reserved.contains(name) ? name + "_" : name
    }

    public init(stringLiteral name: String) { self.init(name) }

    private static let reserved: Set<String> = ["ts", "level", "service", "logger", "msg"]
}

extension LogKey {
    // What the line belongs to.
    public static let requestID: LogKey = "request_id"
    public static let traceID: LogKey = "trace_id"
    public static let spanID: LogKey = "span_id"
    public static let jobID: LogKey = "job_id"
    public static let jobName: LogKey = "job_name"
    public static let correlationID: LogKey = "correlation_id"
    public static let idempotencyKey: LogKey = "idempotency_key"
    public static let userID: LogKey = "user_id"
    public static let orderNumber: LogKey = "order_number"
    public static let email: LogKey = "email"

    // HTTP.
    public static let method: LogKey = "method"
    public static let path: LogKey = "path"
    public static let route: LogKey = "route"
    public static let status: LogKey = "status"
    public static let remoteAddress: LogKey = "remote_address"
    public static let url: LogKey = "url"
    public static let host: LogKey = "host"
    public static let port: LogKey = "port"

    // Queues and jobs.
    public static let queue: LogKey = "queue"
    public static let exchange: LogKey = "exchange"
    public static let routingKey: LogKey = "routing_key"
    public static let attempt: LogKey = "attempt"
    public static let outcome: LogKey = "outcome"
    public static let concurrency: LogKey = "concurrency"

    // Processes and their parts.
    public static let name: LogKey = "name"
    public static let process: LogKey = "process"
    public static let processID: LogKey = "pid"
    public static let signal: LogKey = "signal"
    public static let exitStatus: LogKey = "exit_status"
    public static let file: LogKey = "file"
    public static let line: LogKey = "line"

    // Measures and causes.
    public static let count: LogKey = "count"
    public static let bytes: LogKey = "bytes"
    public static let seconds: LogKey = "seconds"
    public static let delaySeconds: LogKey = "delay_seconds"
    public static let reason: LogKey = "reason"
    public static let error: LogKey = "error"
    public static let errorCode: LogKey = "error_code"
    public static let sqlState: LogKey = "sqlstate"
    public static let lsn: LogKey = "lsn"
}
