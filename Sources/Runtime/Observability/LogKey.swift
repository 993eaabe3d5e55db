/// The name of a log field. Keys stand here, in one place, so that one name always means one thing across programs.
///
/// A module with a field of its own extends this type with a `static let`.
public struct LogKey: Hashable, Sendable, ExpressibleByStringLiteral {
    /// As it stands in the line.
    public let name: String

    /// - Parameter name: in snake case. The names that every line has (`ts`, `level`, `service`, `logger`, `msg`) get an
    ///   underscore appended, since a JSON object with the same key twice is read differently by every reader.
    public init(_ name: String) {
        self.name = Self.reserved.contains(name) ? name + "_" : name
    }

    /// By a literal, so that a field of one place needs no declaration.
    public init(stringLiteral name: String) { self.init(name) }

    private static let reserved: Set<String> = ["ts", "level", "service", "logger", "msg"]
}

extension LogKey {
    // What the line belongs to.
    /// Of one HTTP request, as `X-Request-Id` answers it.
    public static let requestID: LogKey = "request_id"
    /// W3C Trace Context: what belongs together across programs.
    public static let traceID: LogKey = "trace_id"
    /// W3C Trace Context: this program's part of it.
    public static let spanID: LogKey = "span_id"
    /// Of a job, the same over all its deliveries and retries.
    public static let jobID: LogKey = "job_id"
    /// Of a job, such as `order.process`.
    public static let jobName: LogKey = "job_name"
    /// What a publisher ties a message to.
    public static let correlationID: LogKey = "correlation_id"
    /// The client's key for a request and all that follows from it.
    public static let idempotencyKey: LogKey = "idempotency_key"
    /// Of an account.
    public static let userID: LogKey = "user_id"
    /// Of an order, as its customer knows it.
    public static let orderNumber: LogKey = "order_number"
    /// An address; write it masked.
    public static let email: LogKey = "email"

    // HTTP.
    /// Of an HTTP request.
    public static let method: LogKey = "method"
    /// Of an HTTP request, without its query.
    public static let path: LogKey = "path"
    /// The pattern that a path matched.
    public static let route: LogKey = "route"
    /// Of an HTTP answer.
    public static let status: LogKey = "status"
    /// Who connected, as the socket says.
    public static let remoteAddress: LogKey = "remote_address"
    /// Without its password.
    public static let url: LogKey = "url"
    /// A name or an address.
    public static let host: LogKey = "host"
    /// A TCP port.
    public static let port: LogKey = "port"

    // Queues and jobs.
    /// Of the broker.
    public static let queue: LogKey = "queue"
    /// Of the broker.
    public static let exchange: LogKey = "exchange"
    /// What a message was published with, or the queue that it was sent to.
    public static let routingKey: LogKey = "routing_key"
    /// The number of a try, from 1.
    public static let attempt: LogKey = "attempt"
    /// What became of a job.
    public static let outcome: LogKey = "outcome"
    /// Runs at once.
    public static let concurrency: LogKey = "concurrency"

    // Processes and their parts.
    /// Of the part that the line is about, where no key of its own fits.
    public static let name: LogKey = "name"
    /// A program of the fleet.
    public static let process: LogKey = "process"
    /// Of the operating system.
    public static let processID: LogKey = "pid"
    /// Its number.
    public static let signal: LogKey = "signal"
    /// Of a process.
    public static let exitStatus: LogKey = "exit_status"
    /// A path or a source file.
    public static let file: LogKey = "file"
    /// Of that file.
    public static let line: LogKey = "line"

    // Measures and causes.
    /// How many.
    public static let count: LogKey = "count"
    /// A size.
    public static let bytes: LogKey = "bytes"
    /// How long something took.
    public static let seconds: LogKey = "seconds"
    /// How long something waits before it is tried again.
    public static let delaySeconds: LogKey = "delay_seconds"
    /// Why, in words.
    public static let reason: LogKey = "reason"
    /// An error's description.
    public static let error: LogKey = "error"
    /// An error's code.
    public static let errorCode: LogKey = "error_code"
    /// The five characters of SQLSTATE.
    public static let sqlState: LogKey = "sqlstate"
    /// A position of PostgreSQL's write-ahead log.
    public static let lsn: LogKey = "lsn"
}
