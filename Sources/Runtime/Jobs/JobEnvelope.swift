public import Foundation
public import Observability

/// A job on its way, whatever carries it.
public struct JobEnvelope: Equatable, Sendable {
    /// A UUIDv7, the same over republishing, redelivery and retries, so that a repeat can be recognised.
    public var id: String
    /// ``Job/name`` of the payload.
    public var name: String
    /// JSON.
    public var body: [UInt8]
    /// ``Job/version`` of the payload.
    public var version: Int
    /// The number of the run that this envelope asks for, from 1.
    public var attempt: Int
    /// When the job was due first.
    public var enqueuedAt: Date
    /// What decides the queues: the job's name, and its lane where it has one.
    public var routingKey: String
    /// What the publisher ties this job to, such as a request's id.
    public var correlationID: String?
    /// The client's key for the request that caused the job.
    public var idempotencyKey: String?
    /// W3C Trace Context.
    public var traceparent: String?
    /// Of the primary's log: see ``JobContext/lsn``.
    public var lsn: String?
    /// When a run of it failed first.
    public var firstFailureAt: Date?
    /// Headers beyond those that have a property here.
    public var headers: [String: String]

    /// An envelope from its parts, as adapters and tests make it. Publishers make one of a ``Job``.
    public init(
        id: String,
        name: String,
        body: [UInt8],
        version: Int = 1,
        attempt: Int = 1,
        enqueuedAt: Date = Date(),
        routingKey: String? = nil,
        correlationID: String? = nil,
        idempotencyKey: String? = nil,
        traceparent: String? = nil,
        lsn: String? = nil,
        firstFailureAt: Date? = nil,
        headers: [String: String] = [:]
    ) {
        self.id = id
        self.name = name
        self.body = body
        self.version = version
        self.attempt = attempt
        self.enqueuedAt = enqueuedAt
        self.routingKey = routingKey ?? name
        self.correlationID = correlationID
        self.idempotencyKey = idempotencyKey
        self.traceparent = traceparent
        self.lsn = lsn
        self.firstFailureAt = firstFailureAt
        self.headers = headers
    }

    /// - Parameters:
    ///   - enqueuedAt: when the job is due; by default at the moment in which its id was made.
    ///   - lane: `nil`: the routing key is the job's name.
    ///   - trace: continued by the job's runs; by default the trace of the current task.
    /// - Throws: `EncodingError` for a payload that JSON cannot hold.
    public init<Payload: Job>(
        _ job: Payload,
        id: UUIDv7 = UUIDv7(),
        enqueuedAt: Date? = nil,
        lane: JobLane? = nil,
        correlationID: String? = nil,
        idempotencyKey: String? = nil,
        trace: TraceContext? = .current,
        headers: [String: String] = [:]
    ) throws {
        self.init(
            id: id.description,
            name: Payload.name,
            body: try JobCoding.encode(job),
            version: Payload.version,
            enqueuedAt: enqueuedAt ?? id.timestamp,
            routingKey: lane?.routingKey(of: Payload.name),
            correlationID: correlationID,
            idempotencyKey: idempotencyKey,
            traceparent: trace?.traceparent,
            headers: headers
        )
    }
}

extension JobEnvelope {
    /// The longest that a run of the job may take, in whole seconds up to a day; `nil` for what the queue's file says.
    /// In a batch, the shortest of all its jobs' counts.
    public var deadlineSeconds: Int? {
        get { number(JobHeader.deadlineSeconds).flatMap { (1...86_400).contains($0) ? $0 : nil } }
        set { headers[JobHeader.deadlineSeconds] = newValue.map(String.init) }
    }

    /// See ``JobHeader/earlierDeliveries``.
    var earlierDeliveries: Int {
        get { number(JobHeader.earlierDeliveries) ?? 0 }
        set { headers[JobHeader.earlierDeliveries] = newValue > 0 ? String(newValue) : nil }
    }

    private func number(_ header: String) -> Int? {
        // Nearly every job has none of them.
        headers.isEmpty ? nil : headers[header].flatMap { Int($0) }
    }
}
