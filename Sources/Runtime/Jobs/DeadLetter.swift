public import Foundation

/// Why a job lies among the dead letters, as headers beside its own.
public struct DeadLetter: Equatable, Sendable {
    /// What the handler, the error or the worker said, at most 1,000 characters.
    public var reason: String
    /// The Swift type of the error thrown, or what stands for it where none was.
    public var errorType: String
    /// Runs that the job had.
    public var attempts: Int
    /// When a run failed first.
    public var firstFailureAt: Date
    /// When the run failed after which it was given up.
    public var lastFailureAt: Date
    /// The process that gave it up.
    public var worker: String
    /// What it was published with, before retries moved it by queue names.
    public var originalRoutingKey: String

    /// The envelope that goes to the dead letters: the job as it was, and this beside it.
    func attached(to envelope: JobEnvelope) -> JobEnvelope {
        var dead = envelope
        dead.routingKey = originalRoutingKey
        dead.firstFailureAt = firstFailureAt
        dead.headers[Name.reason] = reason
        dead.headers[Name.errorType] = errorType
        dead.headers[Name.attempts] = String(attempts)
        dead.headers[Name.lastFailureAt] = Timestamp.format(lastFailureAt)
        dead.headers[Name.worker] = worker
        // Always named here, also when it is the job's name: people search dead letters by it.
        dead.headers[JobHeader.originalRoutingKey] = originalRoutingKey
        return dead
    }

    /// - Parameter envelope: from a dead-letter queue; `nil` when the broker put it there by itself.
    public init?(_ envelope: JobEnvelope) {
        guard let reason = envelope.headers[Name.reason] else { return nil }
        let last = envelope.headers[Name.lastFailureAt].flatMap(Timestamp.parse) ?? envelope.enqueuedAt
        self.init(
            reason: reason,
            errorType: envelope.headers[Name.errorType] ?? "",
            attempts: envelope.headers[Name.attempts].flatMap { Int($0) } ?? envelope.attempt,
            firstFailureAt: envelope.firstFailureAt ?? last,
            lastFailureAt: last,
            worker: envelope.headers[Name.worker] ?? "",
            originalRoutingKey: envelope.routingKey
        )
    }

    package init(
        reason: String,
        errorType: String,
        attempts: Int,
        firstFailureAt: Date,
        lastFailureAt: Date,
        worker: String,
        originalRoutingKey: String
    ) {
        // Headers share one frame with all others of the message: a stack of causes must not burst it.
        self.reason = String(reason.prefix(1_000))
        self.errorType = errorType
        self.attempts = attempts
        self.firstFailureAt = firstFailureAt
        self.lastFailureAt = lastFailureAt
        self.worker = worker
        self.originalRoutingKey = originalRoutingKey
    }

    /// The headers that only a dead letter has.
    package static var headerNames: [String] { Name.all }

    private enum Name {
        static let reason = "x-wharf-reason"
        static let errorType = "x-wharf-error-type"
        static let attempts = "x-wharf-attempts"
        static let lastFailureAt = "x-wharf-last-failure-at"
        static let worker = "x-wharf-worker"

        static let all = [reason, errorType, attempts, lastFailureAt, worker]
    }
}

extension JobEnvelope {
    /// How often the job was brought back from the dead letters.
    public var replays: Int { max(0, headers[JobHeader.replays].flatMap { Int($0) } ?? 0) }

    /// The job brought back from the dead letters: with its id, its keys and its trace, its attempts all before it, and
    /// nothing of why it lay there or of who did not settle it.
    public func replayed() -> JobEnvelope {
        var job = self
        for name in DeadLetter.headerNames { job.headers[name] = nil }
        job.earlierDeliveries = 0
        job.attempt = 1
        job.firstFailureAt = nil
        job.headers[JobHeader.replays] = String(replays + 1)
        return job
    }
}
