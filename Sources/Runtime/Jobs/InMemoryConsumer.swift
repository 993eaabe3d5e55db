import Threading

/// A subscription to an ``InMemoryBroker``.
final class InMemoryConsumer: JobConsumer {
    private let id = UUIDv7()
    private let broker: InMemoryBroker
    private let queue: String
    private let prefetch: Int
    /// Outlives `run`, before which a pause may be asked for.
    private let isPaused = Lock(false)

    init(broker: InMemoryBroker, queue: String, prefetch: Int) {
        self.broker = broker
        self.queue = queue
        self.prefetch = prefetch
    }

    func run(_ onDelivery: @escaping @Sendable (JobDelivery) -> Void) async throws {
        broker.change { state in
            var consumer = InMemoryQueues.Consumer(queue: queue, prefetch: prefetch, onDelivery: onDelivery)
            consumer.isPaused = isPaused.withLock { $0 }
            state.consumers[id] = consumer
            return []
        }
        let (never, _) = AsyncStream.makeStream(of: Never.self)
        for await _ in never {}
        broker.change { $0.remove(id) }
        throw CancellationError()
    }

    func stopConsuming() async {
        broker.change { state in
            state.consumers[id]?.isConsuming = false
            return []
        }
    }

    func pause() async { setPaused(true) }

    func resume() async { setPaused(false) }

    private func setPaused(_ isPaused: Bool) {
        self.isPaused.withLock { $0 = isPaused }
        broker.change { state in
            state.consumers[id]?.isPaused = isPaused
            return []
        }
    }

    func flush() async {}
}

struct InMemoryReceipt: DeliveryReceipt {
    let broker: InMemoryBroker
    let consumer: UUIDv7
    let generation: Int
    let message: UUIDv7

    func ack() {
        broker.change { state in
            _ = state.take(message, from: consumer, generation: generation)
            return []
        }
    }

    func requeue() {
        broker.change { state in
            guard let taken = state.take(message, from: consumer, generation: generation),
                let queue = state.consumers[consumer]?.queue
            else { return [] }
            return state.giveBack([taken], to: queue)
        }
    }

    var isLost: Bool { broker.state.withLock { $0.consumers[consumer]?.generation != generation } }
}
