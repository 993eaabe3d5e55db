import Threading

/// The control of queues within one process: for tests, and for a worker that no operator controls. It keeps a rate limit
/// for this process alone.
public final class InMemoryQueueControl: QueueControl {
    private struct Entry {
        var state = QueueState()
        var horizon = RateHorizon()
    }

    private let entries = Lock<[String: Entry]>([:])
    private let start = ContinuousClock.now

    /// No queue is paused, and every rate is the one of its file.
    public init() {}

    /// From now on the queue's workers start nothing.
    public func pause(_ queue: String) { entries.withLock { $0[queue, default: Entry()].state.isPaused = true } }

    /// The queue's workers go on.
    public func resume(_ queue: String) { entries.withLock { $0[queue, default: Entry()].state.isPaused = false } }

    /// Puts a rate in place of the one in the queue's file.
    public func limit(_ queue: String, to rate: QueueState.Rate) {
        entries.withLock { $0[queue, default: Entry()].state.rate = rate }
    }

    public func state(of queue: String) -> QueueState? { entries.withLock { $0[queue]?.state ?? QueueState() } }

    public func lease(_ queue: String, jobs: Int, perSecond: Int) async throws -> RateLease? {
        let now = start.duration(to: .now)
        return entries.withLock {
            $0[queue, default: Entry()].horizon.lease(jobs: jobs, perSecond: perSecond, now: now)
        }
    }
}
