import Foundation
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

    /// A job that this one causes. Made again in another run of this job it has the same id, so that a repeat can be
    /// recognised; its trace, correlation and client's key are this job's.
    ///
    /// It is for handlers that publish before they are done, with a confirm: killed in between, they run again.
    ///
    /// - Parameter lane: `nil`: the routing key is the job's name.
    /// - Throws: `EncodingError` for a payload that JSON cannot hold.
    public func followUp<Payload: Job>(_ job: Payload, lane: JobLane? = nil) throws -> JobEnvelope {
        var envelope = try JobEnvelope(
            job,
            enqueuedAt: Date(),
            lane: lane,
            correlationID: correlationID,
            idempotencyKey: idempotencyKey,
            trace: trace
        )
        // Somebody else's message may have another kind of id; what follows from it then gets a new one each time.
        if let cause = UUIDv7(id) { envelope.id = UUIDv7(following: cause, envelope.content).description }
        return envelope
    }
}

extension JobEnvelope {
    fileprivate var content: [UInt8] { Array(routingKey.utf8) + body }
}
