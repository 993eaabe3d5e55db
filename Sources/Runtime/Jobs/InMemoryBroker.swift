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
        put(InMemoryMessage(envelope), into: queue)
    }

    public func consumer(of queue: String, prefetch: Int) -> any JobConsumer {
        InMemoryConsumer(broker: self, queue: queue, prefetch: prefetch)
    }

    public func missing(queues: [String]) async throws(JobPublishError) -> [String] {
        state.withLock { state in queues.filter { state.queues[$0] == nil } }
    }

    /// Cuts every consumer's connection, as a restart of the broker does: what is unsettled is handed out again.
    public func disconnectConsumers() {
        change { state in
            let consumers = Array(state.consumers.keys)
            var deadLettered: [(InMemoryMessage, String)] = []
            for id in consumers { deadLettered += state.disconnect(id) }
            return deadLettered
        }
    }

    /// Applies a change, passes on what it dead-letters, and hands out what has become deliverable.
    func change(_ step: (inout InMemoryQueues) -> [(InMemoryMessage, String)]) {
        let deadLettered = state.withLock { step(&$0) }
        for (message, queue) in deadLettered { put(InMemoryMessage(message.envelope), into: queue) }
        deliver()
    }

    private func put(_ message: InMemoryMessage, into queue: String) {
        let timeToLive = state.withLock { state in
            state.queues[queue]?.ready.append(message)
            return state.queues[queue]?.timeToLive
        }
        if let timeToLive {
            Task {
                try? await clock.sleep(for: timeToLive)
                change { $0.expire(message.id, in: queue) }
            }
        }
        deliver()
    }

    private func deliver() {
        // One at a time, and outside the lock: a consumer may settle, and so come back here, before it returns.
        while let (handOut, delivery) = state.withLock({ $0.next(in: self) }) { handOut(delivery) }
    }
}
