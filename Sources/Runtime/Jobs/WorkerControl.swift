import Lifecycle
import Observability
import Threading
import Topology

/// Opens and closes a worker's lanes, and hands out starts where the queue has a rate limit.
final class WorkerControl: Sendable {
    private struct State: Sendable {
        var gate = QueueGate()
        var pacer: Pacer?
    }

    private let queue: QueueDefinition
    private let control: any QueueControl
    private let breakers: [CircuitBreaker]
    private let logger: Logger
    private let paused: Gauge
    private let limited: Counter
    private let state = Lock(State())
    /// Rung when jobs wait for nothing but the rate.
    private let held: AsyncStream<Void>
    private let doorbell: AsyncStream<Void>.Continuation

    init(
        queue: QueueDefinition,
        control: any QueueControl,
        breakers: [CircuitBreaker],
        logger: Logger,
        metrics: MetricsRegistry
    ) {
        self.queue = queue
        self.control = control
        self.breakers = breakers
        self.logger = logger
        (held, doorbell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        paused = metrics.gauge(
            "queue_paused",
            help: "1 while an operator's pause keeps this worker from taking jobs.",
            labels: ["queue": queue.name]
        )
        limited = metrics.counter(
            "rate_limited_seconds_total",
            help: "Seconds in which jobs waited for nothing but the queue's rate limit.",
            labels: ["queue": queue.name]
        )
        paused.set(0)
    }

    /// Any thread; returns at once.
    func jobsAreHeld() { doorbell.yield() }

    /// Brings the lanes to what is known now. Before they run, this keeps a paused queue from being consumed for a moment.
    func turn(_ lanes: [Lane]) async {
        let known = control.state(of: queue.name)
        let (changes, isOpen) = state.withLock { state in
            (
                state.gate.update(
                    isPaused: known?.isPaused,
                    down: breakers.filter(\.isOpen).map(\.dependency)
                ),
                state.gate.isOpen
            )
        }
        for change in changes { report(change) }
        if let known { setRate(rate(known.rate), lanes) }
        for lane in lanes { await lane.setOpen(isOpen) }
    }

    /// Looks again and again, until cancelled.
    func run(_ lanes: [Lane]) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.pace(lanes) }
            while !Task.isCancelled {
                for breaker in breakers where breaker.beginProbe() { group.addTask { await breaker.runProbe() } }
                await turn(lanes)
                try? await Task.sleep(for: .milliseconds(100))
            }
            group.cancelAll()
        }
    }

    private func report(_ change: QueueGate.Change) {
        switch change {
        case .began(.paused):
            paused.set(1)
            logger.notice("Queue is paused; no job of it starts")
        case .ended(.paused):
            paused.set(0)
            logger.notice("Queue is not paused any more")
        case .began(.unknown): logger.info("Whether the queue is paused is not known yet; no job of it starts")
        case .ended(.unknown): logger.info("Whether the queue is paused is known")
        // The breaker has said it, once for all its workers.
        case .began(.dependency), .ended(.dependency): break
        }
    }

    // MARK: Rate

    private func rate(_ rate: QueueState.Rate) -> Int? {
        switch rate {
        case .standard: queue.rateLimit?.perSecond
        case .unlimited: nil
        case .perSecond(let rate): rate
        }
    }

    private func setRate(_ perSecond: Int?, _ lanes: [Lane]) {
        let isNew = state.withLock { state in
            guard state.pacer?.perSecond != perSecond else { return false }
            state.pacer = perSecond.map(Pacer.init)
            return true
        }
        guard isNew else { return }
        for lane in lanes { lane.limit(perSecond != nil) }
        if let perSecond {
            logger.notice("Rate limit of the queue is in force", [.perSecond: .int(perSecond)])
        } else {
            logger.notice("Rate limit of the queue is lifted")
        }
    }

    /// Hands out starts as they fall due, while jobs wait for them.
    private func pace(_ lanes: [Lane]) async {
        for await _ in held {
            var failures = 0
            while !Task.isCancelled {
                let began = ContinuousClock.now
                let wanted = lanes.map(\.wanted)
                let total = wanted.reduce(0, +)
                let step = state.withLock { total == 0 ? nil : $0.pacer?.step(wanted: total, now: .now) }
                guard let step else { break }
                switch step {
                case .start(var starts):
                    for (lane, wanted) in zip(lanes, wanted) where starts > 0 {
                        lane.grant(min(starts, wanted))
                        starts -= min(starts, wanted)
                    }
                case .wait(let until): try? await Task.sleep(until: until, clock: .continuous)
                case .lease(let jobs): await lease(jobs, &failures)
                }
                limited.increment(by: began.duration(to: .now) / .seconds(1))
            }
        }
    }

    private func lease(_ jobs: Int, _ failures: inout Int) async {
        guard let perSecond = state.withLock({ $0.pacer?.perSecond }) else { return }
        do {
            let lease = try await control.lease(queue.name, jobs: jobs, perSecond: perSecond)
            if failures > 0 { logger.notice("Rate limit can be kept again; jobs go on") }
            failures = 0
            // Others have taken the next second: a turn comes soon.
            guard let lease else { return try await Task.sleep(for: .milliseconds(Int.random(in: 100...300))) }
            state.withLock { state in
                // Of a rate that has changed meanwhile, nothing is taken.
                if state.pacer?.perSecond == perSecond { state.pacer?.leased(lease, jobs: jobs, at: .now) }
            }
        } catch {
            if Task.isCancelled { return }
            failures += 1
            if failures == 1 {
                logger.warning("Rate limit cannot be kept; jobs wait", [.error: .describing(error)])
            }
            try? await Task.sleep(for: Self.leaseBackoff.delay(attempt: failures))
        }
    }

    private static let leaseBackoff = Backoff(base: .milliseconds(250), cap: .seconds(5))
}

extension LogKey {
    static let perSecond: LogKey = "per_second"
}
