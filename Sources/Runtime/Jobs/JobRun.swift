import Threading

/// One run in flight, and the way to interrupt it.
final class JobRun: Sendable {
    enum Interruption: Sendable {
        case deadline
        case shutdown
    }

    private struct State: Sendable {
        var interruption: Interruption?
        var handling: Task<[Verdict], Never>?
        var settling: Task<Void, Never>?
    }

    /// The longest that it may take.
    let limit: Duration
    let deadline: ContinuousClock.Instant
    private let state = Lock(State())

    init(limit: Duration) {
        self.limit = limit
        deadline = .now + limit
    }

    /// Why the handler was cancelled, if it was.
    var interruption: Interruption? { state.withLock { $0.interruption } }

    /// Whether the handler has not returned yet.
    var isHandling: Bool { state.withLock { $0.handling != nil } }

    /// Starts the whole way of the run.
    func start(_ way: @escaping @Sendable () async -> Void) {
        let task = Task { await way() }
        let isLate = state.withLock {
            $0.settling = task
            return $0.interruption == .shutdown
        }
        if isLate { task.cancel() }
    }

    /// Runs the handler in a task of its own: a deadline cancels it alone, so that the run can still settle.
    func handle(_ body: @escaping @Sendable () async -> [Verdict]) async -> [Verdict] {
        let task = Task { await body() }
        let isLate = state.withLock {
            $0.handling = task
            return $0.interruption != nil
        }
        if isLate { task.cancel() }
        let verdicts = await task.value
        state.withLock { $0.handling = nil }
        return verdicts
    }

    func interrupt(_ why: Interruption) {
        let (handling, settling) = state.withLock { state in
            if state.interruption == nil { state.interruption = why }
            return (state.handling, why == .shutdown ? state.settling : nil)
        }
        handling?.cancel()
        settling?.cancel()
    }
}
