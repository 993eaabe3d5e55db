import Lifecycle
import Observability
import Threading

/// How long the oldest job of a queue has waited, as far as it can be known without taking it. Pure.
///
/// Quorum queues do not tell, and peeking would count as a delivery. So it is the wait of the last job that was delivered;
/// and while jobs are ready and none is delivered, the time since. It is never more than the truth, and less only as long as
/// a queue stands still for a shorter time than its last job had waited.
struct OldestAge: Sendable {
    private var lastWait: Duration = .zero
    /// Jobs are ready, and none was delivered since.
    private var waitingSince: ContinuousClock.Instant?

    /// - Parameter wait: from when it was due; `nil` for a job whose wait says nothing, such as a retry's.
    mutating func delivered(after wait: Duration?, at now: ContinuousClock.Instant) {
        if let wait { lastWait = wait }
        if waitingSince != nil { waitingSince = now }
    }

    /// The broker was asked.
    mutating func looked(ready: Int, at now: ContinuousClock.Instant) {
        if ready > 0 {
            waitingSince = waitingSince ?? now
        } else {
            waitingSince = nil
            lastWait = .zero
        }
    }

    func value(at now: ContinuousClock.Instant) -> Duration {
        max(lastWait, waitingSince.map { $0.duration(to: now) } ?? .zero)
    }
}

/// Shows the age of one queue's oldest job.
final class QueueAge: Sendable {
    private let age = Lock(OldestAge())

    /// - Parameter queue: its label; the queue's urgent jobs count with the others.
    init(queue: String, metrics: MetricsRegistry) {
        metrics.collect(
            "queue_oldest_job_age_seconds",
            help: "Wait of the last delivered job; while jobs are ready and none is delivered, the time since."
        ) { [age] in
            [MetricSample(age.withLock { $0.value(at: .now) } / .seconds(1), labels: ["queue": queue])]
        }
    }

    func delivered(after wait: Duration?) { age.withLock { $0.delivered(after: wait, at: .now) } }

    func looked(ready: Int) { age.withLock { $0.looked(ready: ready, at: .now) } }

    /// Asks the broker now and then, until cancelled.
    func watch(_ queues: [String], on broker: any JobBroker) async {
        while !Task.isCancelled {
            // What is not known changes nothing: the time goes on.
            if let depths = try? await broker.depths(of: queues) {
                looked(ready: depths.values.reduce(0) { $0 + $1.ready })
            }
            try? await Task.sleep(for: Self.pause)
        }
    }

    private static let pause: Duration = .seconds(5)
}
