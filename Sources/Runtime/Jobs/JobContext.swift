public import Observability

/// What a handler knows about the run beside the payload.
public struct JobContext: Sendable {
    public let envelope: JobEnvelope
    /// When the run is cancelled.
    public let deadline: ContinuousClock.Instant
    /// Has the job's id, name, queue and attempt on every line.
    public let logger: Logger
    /// This run's place in the trace that the job's publisher started.
    public let trace: TraceContext

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
    public var correlationID: String? { envelope.correlationID }
    public var idempotencyKey: String? { envelope.idempotencyKey }
    /// A position of the primary's log at or behind the commit that caused the job: read no replica older than this.
    public var lsn: String? { envelope.lsn }
}
