public import Observability

/// What a handler knows about the run beside the payload.
public struct JobContext: Sendable {
    /// The job as it came, with what has no property here.
    public let envelope: JobEnvelope
    /// When the run is cancelled.
    public let deadline: ContinuousClock.Instant
    /// Has the job's id, name, queue and attempt on every line.
    public let logger: Logger
    /// This run's place in the trace that the job's publisher started.
    public let trace: TraceContext

    /// Made by workers; by tests that call a handler themselves, where the defaults suffice.
    public init(
        envelope: JobEnvelope,
        deadline: ContinuousClock.Instant = .now + .seconds(30),
        logger: Logger = Logger(label: "job"),
        trace: TraceContext = .new()
    ) {
        self.envelope = envelope
        self.deadline = deadline
        self.logger = logger
        self.trace = trace
    }

    /// The same over all deliveries and retries of the job.
    public var id: String { envelope.id }
    /// 1 at the first run.
    public var attempt: Int { envelope.attempt }
    /// What the publisher ties this job to, such as a request's id.
    public var correlationID: String? { envelope.correlationID }
    /// The client's key for the request that caused the job, so that one search follows it to the end.
    public var idempotencyKey: String? { envelope.idempotencyKey }
    /// A position of the primary's log at or behind the commit that caused the job: read no replica older than this.
    public var lsn: String? { envelope.lsn }
}
