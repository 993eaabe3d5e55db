/// Runs the jobs of one name, one at a time.
///
/// A job may be delivered more than once: say in a comment how the handler copes, by the state that it changes or by an
/// inbox row in the same transaction.
public protocol JobHandler<Payload>: Sendable {
    /// The job that it runs.
    associatedtype Payload: Job

    /// Runs on Swift's global concurrent pool. Cancelled at the queue's deadline and at the end of a shutdown's grace
    /// period; an error thrown after that counts as "not done".
    func handle(_ payload: Payload, context: JobContext) async throws -> Outcome
}

/// Runs the jobs of one name in batches, where many together cost little more than one.
public protocol BatchJobHandler<Payload>: Sendable {
    /// The job that it runs.
    associatedtype Payload: Job

    /// The most jobs in one batch, unless the queue's file says otherwise.
    var maximumBatch: Int { get }
    /// The longest that the first job of a batch waits for others, unless the queue's file says otherwise.
    var maximumWait: Duration { get }

    /// - Returns: an outcome for each job, in the order of the batch. An error thrown applies to all of them.
    func handle(_ batch: [BatchItem<Payload>]) async throws -> [Outcome]
}

/// One job of a batch.
public struct BatchItem<Payload: Job>: Sendable {
    /// The decoded payload.
    public let payload: Payload
    /// What is known beside it; jobs of one batch have one deadline.
    public let context: JobContext

    /// Made by workers; by tests that call a handler themselves.
    public init(payload: Payload, context: JobContext) {
        self.payload = payload
        self.context = context
    }
}

extension JobHandler {
    /// The name of the jobs that it runs.
    public var jobName: String { Payload.name }
}

extension BatchJobHandler {
    /// The name of the jobs that it runs.
    public var jobName: String { Payload.name }
}
