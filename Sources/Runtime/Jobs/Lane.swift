import Threading

/// One subscription, and what it has in flight: runs, and jobs on their way back to the queue.
final class Lane: Sendable {
    private struct State {
        var dispatch: Dispatch<JobDelivery>
        var runs: [ObjectIdentifier: JobRun] = [:]
        var whenIdle: AsyncStream<Never>.Continuation?
    }

    private let queue: String
    private let consumer: any JobConsumer
    private let pipeline: JobPipeline
    private let suspectAfter: Int?
    private let state: Lock<State>

    /// - Parameters:
    ///   - queue: the one that the consumer consumes.
    ///   - suspectAfter: the delivery count from which a job is moved to the suspects instead of being run.
    init(queue: String, consumer: any JobConsumer, pipeline: JobPipeline, concurrency: Int, suspectAfter: Int?) {
        self.queue = queue
        self.consumer = consumer
        self.pipeline = pipeline
        self.suspectAfter = suspectAfter
        let dispatch = Dispatch<JobDelivery>(
            // Jobs that may have killed their worker never share a batch.
            maximumBatches: pipeline.runners.map { suspectAfter == nil ? 1 : $0.maximumBatch },
            concurrency: concurrency
        )
        state = Lock(State(dispatch: dispatch))
    }

    /// Works until cancelled; then nothing new starts, what runs gets the grace period, and what waits goes back.
    func run(gracePeriod: Duration) async throws {
        let (ended, end) = AsyncStream.makeStream(of: Never.self)
        let consuming = Task {
            defer { end.finish() }
            try await consumer.run { self.accept($0) }
        }
        let watching = Task { await watchDeadlines() }
        // Until this task is cancelled, or the consumer gives up by itself. From the very moment of the cancellation
        // nothing new starts, even while the broker has not yet heard of it.
        await withTaskCancellationHandler {
            for await _ in ended {}
        } onCancel: {
            state.withLock { $0.dispatch.stop() }
        }
        // In a task of its own, since nothing can be awaited in a cancelled one.
        await Task { await stop(within: gracePeriod) }.value
        watching.cancel()
        consuming.cancel()
        do { try await consuming.value } catch is CancellationError {}
    }

    /// Called on the broker's thread: it only decides, and starts tasks on the concurrent pool.
    private func accept(_ delivery: JobDelivery) {
        let isSuspect = suspectAfter.map { delivery.deliveryCount >= $0 } ?? false
        let runner = pipeline.runner(for: delivery, isSuspect: isSuspect)
        change { $0.arrived(delivery, for: runner) }
    }

    private func change(_ step: (inout Dispatch<JobDelivery>) -> [Dispatch<JobDelivery>.Action]) {
        for action in state.withLock({ step(&$0.dispatch) }) {
            switch action {
            case .run(let index, let deliveries): start(deliveries, with: pipeline.runners[index])
            case .wait(let index):
                let wait = pipeline.runners[index].maximumWait
                Task {
                    try? await Task.sleep(for: wait)
                    change { $0.waited(index) }
                }
            }
        }
    }

    private func start(_ deliveries: [JobDelivery], with runner: JobRunner) {
        follow { [self] run in
            await pipeline.process(deliveries, with: runner, as: run)
        } then: { [self] in
            change { $0.finished() }
        }
    }

    /// Gives what waits, and has not been started, back to the queue. The subscription must have ended, or it would all
    /// come again.
    private func giveBackWaiting() {
        let waiting = state.withLock { $0.dispatch.takeWaiting() }
        guard !waiting.isEmpty else { return }
        follow { [self] _ in await pipeline.giveBack(waiting, to: queue) }
    }

    /// Counts as in flight until `way` has ended.
    private func follow(
        _ way: @escaping @Sendable (JobRun) async -> Void,
        then next: @escaping @Sendable () -> Void = {}
    ) {
        let run = pipeline.newRun()
        state.withLock { $0.runs[ObjectIdentifier(run)] = run }
        run.start { [self] in
            await way(run)
            state.withLock {
                $0.runs[ObjectIdentifier(run)] = nil
                if $0.runs.isEmpty { $0.whenIdle?.finish() }
            }
            next()
        }
    }

    private func stop(within gracePeriod: Duration) async {
        state.withLock { $0.dispatch.stop() }
        await consumer.stopConsuming()
        giveBackWaiting()
        await idle(within: gracePeriod)
        for run in state.withLock({ Array($0.runs.values) }) { run.interrupt(.shutdown) }
        // A handler that ignores its cancellation is left behind; the process is about to end.
        await idle(within: .seconds(1))
        await consumer.flush()
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
            for run in state.withLock({ Array($0.runs.values) }) where run.deadline <= now {
                run.interrupt(.deadline)
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }
}
