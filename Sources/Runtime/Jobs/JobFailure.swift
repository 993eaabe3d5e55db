/// An error that says what becomes of the job whose handler threw it.
///
/// Any other error means `retry`, with the error's `description` as the reason: it must leak nothing.
public protocol JobFailure: Error {
    /// What becomes of the job.
    var outcome: Outcome { get }
}

/// Thrown by a handler for a job that can never be done.
public struct JobRejection: JobFailure {
    /// Why, as it stands in the dead letter.
    public let reason: String

    /// - Parameter reason: for an operator who looks at the dead letter; it leaks nothing.
    public init(_ reason: String) { self.reason = reason }

    /// `reject`, with the reason.
    public var outcome: Outcome { .reject(reason: reason) }
}
