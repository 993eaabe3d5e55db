import AMQP
import Jobs
import Lifecycle

/// Publishes dead letters again, and has the broker forget each dead copy only when it has confirmed the new one.
///
/// Killed between the two, it leaves both: they have one message id, by which handlers recognise the second.
package struct DeadLetterReplay: Sendable {
    package let filter: DeadLetterFilter
    package let policy: ReplayPolicy
    /// Letters published at most; `nil` for all that match.
    package let limit: Int?
    /// Letters published per second; `nil` for as fast as the broker confirms.
    package let rate: Int?

    package enum Event: Sendable {
        /// It stays, by the policy.
        case refused(DeadLetterEntry, String)
        /// It stays, since the broker did not take it.
        case failed(DeadLetterEntry, String)
        case moved(DeadLetterEntry)
    }

    package init(filter: DeadLetterFilter, policy: ReplayPolicy, limit: Int?, rate: Int?) {
        self.filter = filter
        self.policy = policy
        self.limit = limit
        self.rate = rate
    }

    /// Seconds that the broker lets a consumer hold a message at most (`consumer_timeout`, by default 30 minutes), with
    /// a margin: a slower pass would have its channel closed on it.
    package static let longestPass = 25 * 60

    /// What to take as the limit instead, where `count` messages at this rate would take too long.
    package func affordableLimit(of count: Int) -> Int? {
        guard let rate, min(limit ?? count, count) > rate * Self.longestPass else { return nil }
        return rate * Self.longestPass
    }

    /// Confirms in flight at once: enough to hide their round trips, a tenth of a second's worth where there is a rate.
    private var batchSize: Int { rate.map { max(1, min(64, $0 / 10)) } ?? 64 }

    /// - Parameters:
    ///   - publish: returns when the broker has confirmed the job.
    ///   - note: called between batches with what has been done so far.
    /// - Throws: `AMQPError` when the pass's own connection is lost, and what `note` throws.
    package func run(
        on pass: DeadLetterPass,
        publish: @escaping ReplayPublisher.Publish,
        note: (DeadLetterReport) async throws -> Void,
        onEvent: (Event) -> Void
    ) async throws -> DeadLetterReport {
        var report = DeadLetterReport()
        var pacer = rate.map { ReplayPacer(perSecond: $0) }
        var left = limit ?? .max
        var noted = 0
        while left > 0, report.stopped == nil {
            let letters = try await pass.next(atMost: min(batchSize, left))
            if letters.isEmpty { break }
            var chosen: [(DeadLetterPass.Letter, JobEnvelope)] = []
            for letter in letters where report.meet(letter.entry, filter) {
                switch policy.decide(letter.entry) {
                case .publish(let envelope): chosen.append((letter, envelope))
                case .refuse(let reason):
                    report.refused += 1
                    onEvent(.refused(letter.entry, reason))
                }
            }
            left -= chosen.count
            try await move(chosen, of: pass, &pacer, publish, &report, onEvent)
            if report.moved + report.refused + report.failed > noted {
                noted = report.moved + report.refused + report.failed
                try await note(report)
            }
        }
        return report
    }

    private func move(
        _ letters: [(DeadLetterPass.Letter, JobEnvelope)],
        of pass: DeadLetterPass,
        _ pacer: inout ReplayPacer?,
        _ publish: @escaping ReplayPublisher.Publish,
        _ report: inout DeadLetterReport,
        _ onEvent: (Event) -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: (DeadLetterPass.Letter, AMQPError?).self) { group in
            for (letter, envelope) in letters {
                if let delay = pacer?.delay(at: .now), delay > .zero { try await Task.sleep(for: delay) }
                group.addTask {
                    do throws(AMQPError) {
                        try await publish(envelope)
                        return (letter, nil)
                    } catch {
                        return (letter, error)
                    }
                }
            }
            for try await (letter, error) in group {
                if let error {
                    report.failed += 1
                    onEvent(.failed(letter.entry, error.description))
                    // One without a queue says nothing about the next; a broker that takes nothing does.
                    if case .unroutable = error.code { continue }
                    report.stopped = error.description
                } else {
                    Failpoint.hit(.deadMidReplay)
                    try await pass.forget(letter.receipt)
                    report.moved += 1
                    onEvent(.moved(letter.entry))
                }
            }
        }
    }
}
