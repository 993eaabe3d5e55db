import Topology

struct InMemoryMessage: Sendable {
    /// Of this copy: a message that moves to another queue is a new one.
    let id = UUIDv7()
    var envelope: JobEnvelope
    var deliveryCount = 0

    init(_ envelope: JobEnvelope) { self.envelope = envelope }
}

/// The state of an ``InMemoryBroker``, and what happens to it.
struct InMemoryQueues: Sendable {
    typealias OnDelivery = @Sendable (JobDelivery) -> Void
    /// A message, and the queue that it is dead-lettered to.
    typealias DeadLettered = (InMemoryMessage, String)

    /// A message that has come into a queue, and how long it may wait there.
    typealias Arrival = (message: UUIDv7, queue: String, timeToLive: Duration?)
    /// Who waits until queues are empty.
    typealias Drain = (queues: [String], emptied: AsyncStream<Never>.Continuation)

    struct Queue: Sendable {
        var ready: [InMemoryMessage] = []
        var timeToLive: Duration?
        var deliveryLimit: Int?
        var deadLetterQueue: String?
    }

    struct Consumer: Sendable {
        let queue: String
        let prefetch: Int
        let onDelivery: OnDelivery
        var unacked: [InMemoryMessage] = []
        var isConsuming = true
        var isPaused = false
        /// Rises with each connection; receipts of an earlier one settle nothing.
        var generation = 0

        var isReady: Bool { isConsuming && !isPaused && unacked.count < prefetch }
    }

    var queues: [String: Queue] = [:]
    var bindings: [String: [String]] = [:]
    var consumers: [UUIDv7: Consumer] = [:]
    var drains: [Drain] = []

    init(_ plan: BrokerPlan) {
        for name in plan.queues { queues[name] = Queue() }
        for binding in plan.bindings { bindings[binding.routingKey, default: []].append(binding.queue) }
        for policy in plan.policies {
            queues[policy.queue]?.timeToLive = policy.definition.messageTTL.map { .milliseconds($0) }
            queues[policy.queue]?.deliveryLimit = policy.definition.deliveryLimit
            queues[policy.queue]?.deadLetterQueue = policy.definition.deadLetterRoutingKey
        }
    }

    /// Appends a message that is new to the queue.
    mutating func add(_ envelope: JobEnvelope, to name: String) -> Arrival {
        let message = InMemoryMessage(envelope)
        queues[name]?.ready.append(message)
        return (message.id, name, queues[name]?.timeToLive)
    }

    /// Those whose queues hold nothing any more, neither waiting nor handed out.
    mutating func takeDrained() -> [AsyncStream<Never>.Continuation] {
        guard !drains.isEmpty else { return [] }
        let busy = Set(queues.filter { !$0.value.ready.isEmpty }.keys)
            .union(consumers.values.filter { !$0.unacked.isEmpty }.map(\.queue))
        let isOver = drains.map { busy.isDisjoint(with: $0.queues) }
        defer { drains = zip(drains, isOver).filter { !$0.1 }.map(\.0) }
        return zip(drains, isOver).filter(\.1).map(\.0.emptied)
    }

    /// The next delivery that a consumer has room for.
    mutating func next(in broker: InMemoryBroker) -> (OnDelivery, JobDelivery)? {
        for (id, consumer) in consumers where consumer.isReady {
            guard let message = queues[consumer.queue]?.ready.first else { continue }
            queues[consumer.queue]?.ready.removeFirst()
            consumers[id]?.unacked.append(message)
            let receipt = InMemoryReceipt(
                broker: broker,
                consumer: id,
                generation: consumer.generation,
                message: message.id
            )
            let delivery = JobDelivery(message.envelope, deliveryCount: message.deliveryCount, receipt: receipt)
            return (consumer.onDelivery, delivery)
        }
        return nil
    }

    /// Takes a message from the consumer that holds it; `nil` when it was settled before.
    mutating func take(_ message: UUIDv7, from consumer: UUIDv7, generation: Int) -> InMemoryMessage? {
        guard consumers[consumer]?.generation == generation,
            let index = consumers[consumer]?.unacked.firstIndex(where: { $0.id == message })
        else { return nil }
        return consumers[consumer]?.unacked.remove(at: index)
    }

    /// Puts messages back in front, in their order, each one delivery older.
    mutating func giveBack(_ messages: [InMemoryMessage], to name: String) -> [DeadLettered] {
        guard var queue = queues[name] else { return [] }
        var deadLettered: [DeadLettered] = []
        for var message in messages.reversed() {
            message.deliveryCount += 1
            if let limit = queue.deliveryLimit, message.deliveryCount > limit, let target = queue.deadLetterQueue {
                deadLettered.append((message, target))
            } else {
                queue.ready.insert(message, at: 0)
            }
        }
        queues[name] = queue
        return deadLettered
    }

    /// Ends a consumer's connection and gives back what it held; it goes on with a new one.
    mutating func disconnect(_ id: UUIDv7) -> [DeadLettered] {
        guard var consumer = consumers[id] else { return [] }
        let unacked = consumer.unacked
        consumer.unacked = []
        consumer.generation += 1
        consumers[id] = consumer
        return giveBack(unacked, to: consumer.queue)
    }

    mutating func remove(_ id: UUIDv7) -> [DeadLettered] {
        let deadLettered = disconnect(id)
        consumers[id] = nil
        return deadLettered
    }

    mutating func expire(_ message: UUIDv7, in name: String) -> [DeadLettered] {
        guard let index = queues[name]?.ready.firstIndex(where: { $0.id == message }),
            let target = queues[name]?.deadLetterQueue, let expired = queues[name]?.ready.remove(at: index)
        else { return [] }
        return [(expired, target)]
    }
}
