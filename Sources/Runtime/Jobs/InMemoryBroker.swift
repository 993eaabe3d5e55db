import Threading
public import Topology

/// A broker within the process, for tests of handlers and workers: the same queues, rungs, limits and redeliveries as
/// RabbitMQ has, made from the same ``BrokerPlan``.
public final class InMemoryBroker: JobBroker {
    let state: Lock<InMemoryQueues>
    private let clock: any Clock<Duration>

    /// - Parameter clock: by which messages wait on retry rungs.
    public init(topology: Topology, clock: any Clock<Duration> = ContinuousClock()) {
        state = Lock(InMemoryQueues(topology.broker))
        self.clock = clock
    }

    /// What waits in a queue, first come first; what a consumer holds is not in it.
    public func waiting(in queue: String) -> [JobEnvelope] {
        state.withLock { $0.queues[queue]?.ready.map(\.envelope) ?? [] }
    }

    public func publish(_ envelope: JobEnvelope) async throws(JobPublishError) {
        let queues = state.withLock { $0.bindings[envelope.routingKey] ?? [] }
        guard !queues.isEmpty else { throw JobPublishError(.unroutable, "no queue is bound to \(envelope.routingKey)") }
        for queue in queues { try await send(envelope, toQueue: queue) }
    }

    public func send(_ envelope: JobEnvelope, toQueue queue: String) async throws(JobPublishError) {
        guard state.withLock({ $0.queues[queue] != nil }) else {
            throw JobPublishError(.unroutable, "there is no queue \(queue)")
        }
        change { _ in [(InMemoryMessage(envelope), queue)] }
    }

    public func consumer(of queue: String, prefetch: Int) -> any JobConsumer {
        InMemoryConsumer(broker: self, queue: queue, prefetch: prefetch)
    }

    public func missing(queues: [String]) async throws(JobPublishError) -> [String] {
        state.withLock { state in queues.filter { state.queues[$0] == nil } }
    }

    public func depths(of queues: [String]) async throws(JobPublishError) -> [String: QueueDepth] {
        state.withLock { state in
            queues.reduce(into: [:]) { depths, name in
                guard let queue = state.queues[name] else { return }
                let consumers = state.consumers.values.count { $0.queue == name }
                depths[name] = QueueDepth(ready: queue.ready.count, consumers: consumers)
            }
        }
    }

    /// Cuts every consumer's connection, as a restart of the broker does: what is unsettled is handed out again.
    public func disconnectConsumers() {
        change { state in
            let consumers = Array(state.consumers.keys)
            var deadLettered: [InMemoryQueues.DeadLettered] = []
            for id in consumers { deadLettered += state.disconnect(id) }
            return deadLettered
        }
    }

    /// Runs the workers until their queues hold nothing but dead letters, and stops them: every job is done or given up
    /// then. With an ``InstantClock`` a test sees all retries of a job at once.
    ///
    /// - Throws: ``WorkerError`` and whatever else ends a worker.
    public func drain(by workers: Worker...) async throws {
        let queues = workers.flatMap { worker in worker.queue.allQueues.filter { $0 != worker.queue.deadQueue } }
        let (emptying, emptied) = AsyncStream.makeStream(of: Never.self)
        try await withThrowingTaskGroup { group in
            for worker in workers { group.addTask { try await worker.run() } }
            group.addTask { for await _ in emptying {} }
            change { state in
                state.drains.append((queues, emptied))
                return []
            }
            try await group.next()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// Applies a change, passes on what it dead-letters, and hands out what has become deliverable.
    func change(_ step: (inout InMemoryQueues) -> [InMemoryQueues.DeadLettered]) {
        // In one step: what moves from queue to queue is always seen in one of them.
        let arrivals = state.withLock { state in
            step(&state).map { message, queue in state.add(message.envelope, to: queue) }
        }
        arrivals.forEach(expireInTime)
        deliver()
    }

    private func expireInTime(_ arrival: InMemoryQueues.Arrival) {
        guard let timeToLive = arrival.timeToLive else { return }
        Task {
            try? await clock.sleep(for: timeToLive)
            change { $0.expire(arrival.message, in: arrival.queue) }
        }
    }

    private func deliver() {
        // One at a time, and outside the lock: a consumer may settle, and so come back here, before it returns.
        while let (handOut, delivery) = state.withLock({ $0.next(in: self) }) { handOut(delivery) }
        for emptied in state.withLock({ $0.takeDrained() }) { emptied.finish() }
    }
}
