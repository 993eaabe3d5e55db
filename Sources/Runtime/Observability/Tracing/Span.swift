/// A finished piece of work in a trace, as OpenTelemetry's trace data model has it.
public struct Span: Sendable {
    /// Which side of what relation it is.
    public enum Kind: Int, Sendable {
        /// Within the program. The numbers are OTLP's.
        case `internal` = 1
        /// Answers a request.
        case server
        /// Asks another program and waits.
        case client
        /// Hands something on without waiting for what becomes of it.
        case producer
        /// Works on what a producer handed on.
        case consumer
    }

    /// Of few values: a route's template, a job's name; never an id.
    public let name: String
    /// Which side of what relation it is.
    public let kind: Kind
    /// Its own ids, and its parent's.
    public let context: TraceContext
    /// Nanoseconds since 1970-01-01 UTC.
    public let start: Int64
    /// How long it took.
    public let duration: Duration
    /// By the names of OpenTelemetry's semantic conventions where they have one. Never personal data.
    public let attributes: [String: LogValue]
    /// The type or class of what went wrong; nil when nothing did.
    public let error: String?
}
