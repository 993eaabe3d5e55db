/// An error that says what becomes of the job whose handler threw it.
///
/// Any other error means `retry`, with the error's `description` as the reason: it must leak nothing.
public protocol JobFailure: Error {
    var outcome: Outcome { get }
}

/// Thrown by a handler for a job that can never be done.
public struct JobRejection: JobFailure {
    public let reason: String

    public init(_ reason: String) { self.reason = reason }

    public var outcome: Outcome { .reject(reason: reason) }
}
