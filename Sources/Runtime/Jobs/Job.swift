public import Observability

/// The payload of a job: what its handler needs to know, and no more.
///
/// Encoded as JSON. Decode leniently what may be missing in messages that older programs sent.
public protocol Job: Codable, Sendable {
    /// The job's name, which is its routing key: it decides the queues that it goes to. Words joined by dots.
    static var name: String { get }
    /// Of the payload's shape. Raise it when a handler must tell old messages from new ones.
    static var version: Int { get }
    /// Fields on every log line of the job's run, such as the number of the order it is about.
    var logFields: [LogKey: LogValue] { get }
}

extension Job {
    public static var version: Int { 1 }
    public var logFields: [LogKey: LogValue] { [:] }
}
