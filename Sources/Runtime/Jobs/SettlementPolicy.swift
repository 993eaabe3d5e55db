import Foundation
import Topology

/// What becomes of a message.
enum Settlement: Equatable, Sendable {
    case ack
    /// Publish it to another queue, and ack it when that is confirmed.
    case move(JobEnvelope, to: String)
    /// Keep it until a time that is beyond the rungs, for `queue`, and ack it when it is kept. Where that fails it waits
    /// on `rung`, the longest.
    case postpone(JobEnvelope, until: Date, queue: String, rung: String)
    /// Say nothing: it goes back to its queue with the connection.
    case leave
}

/// Why a job was given up: a label of `jobs_dead_total`.
enum DeathCause: String, CaseIterable, Sendable {
    case rejected
    case exhausted
    case notRetriable = "not_retriable"
    case undecodable
    case unknownJob = "unknown_job"
}

/// Decides what a verdict means for the message. Pure; `JobPipeline` carries it out.
struct SettlementPolicy: Sendable {
    let queue: QueueDefinition
    let worker: String
    /// There is a ``JobPostponer``.
    var canPostpone = false

    struct Decision: Equatable, Sendable {
        var settlement: Settlement
        /// The label of `jobs_processed_total`.
        var outcome: String
        /// Why the job failed, for the log.
        var reason: String?
        var death: DeathCause?
    }

    func decide(
        _ verdict: Verdict,
        for envelope: JobEnvelope,
        at now: Date,
        coin: Bool
    ) -> Decision {
        var envelope = envelope
        // It was handed out to the end this time: the next message of it starts anew.
        if !envelope.headers.isEmpty, verdict != .suspect { envelope.earlierDeliveries = 0 }
        switch verdict {
        case .finished(.done, _):
            return Decision(settlement: .ack, outcome: "done")
        case .finished(.retry(let after, let reason), let errorType):
            let policy = RetryPolicy(queue.retry)
            guard policy.isRetriable(errorType: errorType) else {
                return dead(envelope, reason, errorType ?? "Retry", .notRetriable, now)
            }
            guard let rung = policy.rung(afterAttempt: envelope.attempt, atLeast: after, coin: coin) else {
                return dead(envelope, reason, errorType ?? "Retry", .exhausted, now)
            }
            var next = envelope
            next.attempt += 1
            next.firstFailureAt = envelope.firstFailureAt ?? now
            let settlement = wait(next, atLeast: after ?? .zero, rung: rung, now)
            return Decision(settlement: settlement, outcome: "retry", reason: reason)
        case .finished(.reject(let reason), let errorType):
            return dead(envelope, reason, errorType ?? "Reject", .rejected, now)
        case .finished(.snooze(let duration), _):
            let rung = RetryPolicy(queue.retry).rung(atLeast: duration)
            return Decision(settlement: wait(envelope, atLeast: duration, rung: rung, now), outcome: "snooze")
        case .unavailable(let dependency):
            let rung = RetryPolicy(queue.retry).rung(atLeast: .zero)
            return Decision(
                settlement: wait(envelope, atLeast: .zero, rung: rung, now),
                outcome: "snooze",
                reason: dependency.description
            )
        case .undecodable(let reason, let errorType):
            return dead(envelope, reason, errorType, .undecodable, now)
        case .unknownJob:
            let reason = "no handler in this worker for the job \"\(envelope.name)\""
            return dead(envelope, reason, "UnknownJob", .unknownJob, now)
        case .suspect:
            return Decision(settlement: .move(envelope, to: queue.suspectQueue), outcome: "suspect")
        case .interrupted:
            return Decision(settlement: .leave, outcome: "interrupted")
        }
    }

    /// On the rung, or beyond all rungs. An urgent job stays urgent when it returns.
    private func wait(_ envelope: JobEnvelope, atLeast duration: Duration, rung: Int, _ now: Date) -> Settlement {
        let isUrgent = queue.isUrgent(routingKey: envelope.routingKey)
        let rungQueue = isUrgent ? queue.urgentRetryQueue(seconds: rung) : queue.retryQueue(seconds: rung)
        // A message of others may have an id of any kind, which no row can be kept under.
        let canBeKept = canPostpone && UUID(uuidString: envelope.id) != nil
        guard canBeKept, RetryPolicy(queue.retry).isBeyondTheRungs(duration) else {
            return .move(envelope, to: rungQueue)
        }
        return .postpone(
            envelope,
            until: now + min(duration, JobDelay.longest) / .seconds(1),
            queue: isUrgent ? queue.urgentQueue : queue.name,
            rung: rungQueue
        )
    }

    private func dead(
        _ envelope: JobEnvelope,
        _ reason: String,
        _ errorType: String,
        _ cause: DeathCause,
        _ now: Date
    ) -> Decision {
        let letter = DeadLetter(
            reason: reason,
            errorType: errorType,
            attempts: envelope.attempt,
            firstFailureAt: envelope.firstFailureAt ?? now,
            lastFailureAt: now,
            worker: worker,
            originalRoutingKey: envelope.routingKey
        )
        return Decision(
            settlement: .move(letter.attached(to: envelope), to: queue.deadQueue),
            outcome: "dead",
            reason: reason,
            death: cause
        )
    }
}
