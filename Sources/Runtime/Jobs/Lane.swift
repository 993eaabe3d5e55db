import Observability
import Threading

/// Runs that share one concurrency, the subscriptions that feed them, and jobs on their way back to the queue.
final class Lane: Sendable {
    /// One subscription.
    struct Source: Sendable {
        let queue: String
        let consumer: any JobConsumer
        var isUrgent = false
    }

    private struct Running: Sendable {
        let run: JobRun
        let deliveries: [JobDelivery]
        var isStuck = false
    }

    private struct State: Sendable {
        var dispatch: Dispatch<JobDelivery>
        var runs: [ObjectIdentifier: Running] = [:]
        var whenIdle: AsyncStream<Never>.Continuation?
        var isPaused = false
    }

    private let sources: [Source]
    private let pipeline: JobPipeline
    private let suspectAfter: Int?
    private let stuckAfter: Duration
    private let onHeld: @Sendable () -> Void
    private let state: Lock<State>

    /// - Parameters:
    ///   - urgentShare: percent of the starts that urgent sources get while others wait too.
    ///   - suspectAfter: the delivery count from which a job is moved to the suspects instead of being run.
    ///   - stuckAfter: how long after its deadline a run that goes on is taken to be stuck.
    ///   - onHeld: called when jobs wait only because the rate does not allow them. It must return at once.
    init(
        _ sources: [Source],
        pipeline: JobPipeline,
        concurrency: Int,
        urgentShare: Int = 0,
        suspectAfter: Int?,
        stuckAfter: Duration,
        onHeld: @escaping @Sendable () -> Void
    ) {
        self.sources = sources
        self.pipeline = pipeline
        self.suspectAfter = suspectAfter
        self.stuckAfter = stuckAfter
        self.onHeld = onHeld
        let dispatch = Dispatch<JobDelivery>(
            // Jobs that may have killed their worker never share a batch.
            maximumBatches: pipeline.runners.map { suspectAfter == nil ? 1 : $0.maximumBatch },
            concurrency: concurrency,
            urgentShare: urgentShare
        )
        state = Lock(State(dispatch: dispatch))
    }

    /// Works until cancelled; then nothing new starts, what runs gets the grace period, and what waits goes back.
    func run(gracePeriod: Duration) async throws {
        let (ended, end) = AsyncStream.makeStream(of: Never.self)
        let consuming = sources.map { source in
            Task {
                defer { end.finish() }
                try await source.consumer.run { self.accept($0, isUrgent: source.isUrgent) }
            }
        }
        let watching = Task { await watchDeadlines() }
        // Until this task is cancelled, or a consumer gives up by itself. From the very moment of the cancellation
        // nothing new starts, even while the broker has not yet heard of it.
        await withTaskCancellationHandler {
            for await _ in ended {}
        } onCancel: {
            state.withLock { $0.dispatch.stop() }
        }
        // In a task of its own, since nothing can be awaited in a cancelled one.
        await Task { await stop(within: gracePeriod) }.value
        watching.cancel()
        for task in consuming { task.cancel() }
        for task in consuming {
            do { try await task.value } catch is CancellationError {}
        }
    }

    /// Called on the broker's thread: it only decides, and starts tasks on the concurrent pool.
    private func accept(_ delivery: JobDelivery, isUrgent: Bool) {
        if suspectAfter != nil { pipeline.metrics.age.delivered(after: delivery.firstWait) }
        let isSuspect = suspectAfter.map { delivery.deliveryCount >= $0 } ?? false
        let runner = pipeline.runner(for: delivery, isSuspect: isSuspect)
        change { $0.arrived(delivery, for: runner, isUrgent: isUrgent) }
    }

    private func change(_ step: (inout Dispatch<JobDelivery>) -> [Dispatch<JobDelivery>.Action]) {
        let (actions, isHeld) = state.withLock { (step(&$0.dispatch), $0.dispatch.isHeld) }
        for action in actions {
            switch action {
            case .run(let index, let deliveries): start(deliveries, with: pipeline.runners[index])
            case .wait(let line, let runner):
                let wait = pipeline.runners[runner].maximumWait
                Task {
                    try? await Task.sleep(for: wait)
                    change { $0.waited(line) }
                }
            }
        }
        if isHeld { onHeld() }
    }

    private func start(_ deliveries: [JobDelivery], with runner: JobRunner) {
        follow(pipeline.newRun(of: deliveries), of: deliveries) { [self] run in
            await pipeline.process(deliveries, with: runner, as: run) {
                // At once: another run would find the same dependency down.
                state.withLock { $0.dispatch.close() }
            }
        } then: { [self] in
            change { $0.finished() }
        }
    }

    /// Counts as in flight until `way` has ended.
    private func follow(
        _ run: JobRun,
        of deliveries: [JobDelivery],
        _ way: @escaping @Sendable (JobRun) async -> Void,
        then next: @escaping @Sendable () -> Void = {}
    ) {
        let id = ObjectIdentifier(run)
        state.withLock { $0.runs[id] = Running(run: run, deliveries: deliveries) }
        run.start { [self] in
            await way(run)
            let ended = state.withLock { state in
                defer { if state.runs.isEmpty { state.whenIdle?.finish() } }
                return state.runs.removeValue(forKey: id)
            }
            if ended?.isStuck == true { pipeline.metrics.stuck.add(-1) }
            next()
        }
    }

    // MARK: Control

    /// Whether it consumes and starts jobs. Closed, what it holds and has not started goes back to its queue; what runs
    /// goes on. One task at a time may call this.
    func setOpen(_ isOpen: Bool) async {
        if isOpen {
            change { $0.open() }
            let wasPaused = state.withLock { state in
                defer { state.isPaused = false }
                return state.isPaused
            }
            if wasPaused { for source in sources { await source.consumer.resume() } }
            return
        }
        let wasPaused = state.withLock { state in
            state.dispatch.close()
            defer { state.isPaused = true }
            return state.isPaused
        }
        if !wasPaused { for source in sources { await source.consumer.pause() } }
        giveBackWaiting()
    }

    /// Gives what waits, and has not been started, back to its queue. The subscription must have ended, or it would all
    /// come again.
    private func giveBackWaiting() {
        let waiting = state.withLock { $0.dispatch.takeWaiting() }
        for source in sources {
            let deliveries = waiting.filter { $0.isUrgent == source.isUrgent }.map(\.item)
            if deliveries.isEmpty { continue }
            follow(pipeline.newRun(of: []), of: deliveries) { [self] _ in
                await pipeline.giveBack(deliveries, to: source.queue)
            }
        }
    }

    /// With a limit, jobs start only by ``grant(_:)``.
    func limit(_ isLimited: Bool) { change { $0.limit(isLimited) } }

    func grant(_ jobs: Int) { change { $0.grant(jobs) } }

    /// Jobs that wait for nothing but a grant.
    var wanted: Int { state.withLock { $0.dispatch.wanted } }

    // MARK: Stopping and watching

    private func stop(within gracePeriod: Duration) async {
        state.withLock { $0.dispatch.stop() }
        for source in sources { await source.consumer.stopConsuming() }
        giveBackWaiting()
        await idle(within: gracePeriod)
        for running in state.withLock({ Array($0.runs.values) }) { running.run.interrupt(.shutdown) }
        // A handler that ignores its cancellation is left behind; the process is about to end.
        await idle(within: .seconds(1))
        for source in sources { await source.consumer.flush() }
    }

    /// Returns when nothing is in flight, or after `limit`.
    private func idle(within limit: Duration) async {
        let (idle, signal) = AsyncStream.makeStream(of: Never.self)
        state.withLock {
            $0.whenIdle = signal
            if $0.runs.isEmpty { signal.finish() }
        }
        let timer = Task {
            try? await Task.sleep(for: limit)
            signal.finish()
        }
        for await _ in idle {}
        timer.cancel()
    }

    /// One task looks after all runs: a timer for each would cost more than many a job.
    private func watchDeadlines() async {
        while !Task.isCancelled {
            let now = ContinuousClock.now
            for running in state.withLock({ Array($0.runs.values) }) where running.run.deadline <= now {
                running.run.interrupt(.deadline)
                if !running.isStuck, running.run.deadline + stuckAfter <= now, running.run.isHandling { warn(running) }
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    private func warn(_ running: Running) {
        let isNew = state.withLock { state in
            let id = ObjectIdentifier(running.run)
            guard state.runs[id] != nil else { return false }
            state.runs[id]?.isStuck = true
            return true
        }
        if isNew { pipeline.warnStuck(running.deliveries) }
    }
}
