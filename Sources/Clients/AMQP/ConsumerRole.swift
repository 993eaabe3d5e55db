enum ConsumerCommand: Sendable {
    case ack(tag: UInt64, generation: Int)
    case reject(tag: UInt64, generation: Int, requeue: Bool)
    case stopConsuming(CheckedContinuation<Void, Never>)
    case setPaused(Bool, CheckedContinuation<Void, Never>)
    case flush(CheckedContinuation<Void, Never>)
}

/// The consumer's half of its connection's loop.
final class ConsumerRole: ConnectionRole {
    private let queue: String
    private let prefetch: Int
    private let onDelivery: @Sendable (AMQPDelivery) -> Void
    private let onEvent: @Sendable (AMQPEvent) -> Void
    /// Subscriptions made so far. Each has a tag of its own: a quorum queue that sees a tag again takes back, and counts
    /// as failed, what the earlier subscription still holds.
    private var subscriptions = 0
    /// What earlier subscriptions of the channel held when this one was made: it is in no window of the broker's.
    private var inherited = 0
    private var generation = 0
    private var ledger = AckLedger()
    private var isStopped = false
    private var isPaused: Bool
    private var ending: Ending?
    /// After the broker ended the subscription: when to subscribe again, and how often that was needed in a row.
    private var subscribesAt: ContinuousClock.Instant?
    private var cancellations = 0
    private var watch: StallWatch
    /// Acks wait this long for others: each frame is an entry in a quorum queue's log, and wakes the broker.
    private let ackDelay: Duration
    private var acksDueAt: ContinuousClock.Instant?

    init(
        queue: String,
        prefetch: Int,
        isPaused: Bool,
        idleCheck: Duration,
        onDelivery: @escaping @Sendable (AMQPDelivery) -> Void,
        onEvent: @escaping @Sendable (AMQPEvent) -> Void
    ) {
        self.queue = queue
        self.prefetch = prefetch
        self.isPaused = isPaused
        watch = StallWatch(interval: idleCheck)
        // With few out at a time, the broker would wait for the ack before it sends more.
        ackDelay = prefetch < 16 ? .zero : .milliseconds(2)
        self.onDelivery = onDelivery
        self.onEvent = onEvent
    }

    /// Unsettled deliveries go back to the queue when the connection closes.
    var isFinished: Bool { true }

    var longestWait: Int32? { ending != nil ? 10 : acksDueAt != nil ? 2 : nil }

    func begin(_ socket: AMQPSocket) throws(AMQPError) {
        generation += 1
        ledger = AckLedger()
        subscribesAt = nil
        acksDueAt = nil
        if isStopped { return }
        try socket.limitUnsettled(to: prefetch)
        if !isPaused { try subscribe(socket) }
    }

    func perform(_ commands: [ConsumerCommand], _ socket: AMQPSocket) throws(AMQPError) {
        var answers: [CheckedContinuation<Void, Never>] = []
        if acksDueAt == nil { acksDueAt = .now + ackDelay }
        defer { for answer in answers { answer.resume() } }
        for command in commands {
            switch command {
            case .ack(let tag, let generation):
                if generation != self.generation || !ledger.ack(tag) { onEvent(.staleSettlement) }
            case .reject(let tag, let generation, let requeue):
                if generation == self.generation, ledger.reject(tag) {
                    try socket.reject(tag, requeue: requeue)
                } else {
                    onEvent(.staleSettlement)
                }
            case .flush(let continuation):
                if ending == nil { answers.append(continuation) } else { ending?.answers.append(continuation) }
            case .stopConsuming(let continuation):
                let wasWanted = isWanted
                isStopped = true
                try wantedWas(wasWanted, socket)
                if ending == nil { answers.append(continuation) } else { ending?.answers.append(continuation) }
            case .setPaused(let isPaused, let continuation):
                let wasWanted = isWanted
                self.isPaused = isPaused
                try wantedWas(wasWanted, socket)
                if ending == nil { answers.append(continuation) } else { ending?.answers.append(continuation) }
            }
        }
        if ending == nil, !answers.isEmpty || ackDelay == .zero { try sendAcks(socket) }
    }

    func leave(_ socket: AMQPSocket) throws(AMQPError) { try sendAcks(socket) }

    private func sendAcks(_ socket: AMQPSocket) throws(AMQPError) {
        acksDueAt = nil
        for ack in ledger.takeAcks() { try socket.ack(ack.tag, multiple: ack.multiple) }
    }

    /// Whether there should be a subscription.
    private var isWanted: Bool { !isStopped && !isPaused }

    private var tag: String { "wharf-\(subscriptions)" }

    private func subscribe(_ socket: AMQPSocket) throws(AMQPError) {
        subscriptions += 1
        inherited = ledger.outstandingCount
        try socket.consume(queue, tag: tag)
    }

    /// Begins or ends the subscription where one has become wanted, or not wanted any more.
    private func wantedWas(_ wasWanted: Bool, _ socket: AMQPSocket) throws(AMQPError) {
        if wasWanted, !isWanted {
            // Without a subscription there is none to end.
            if subscribesAt == nil { ending = Ending() }
            subscribesAt = nil
        } else if !wasWanted, isWanted {
            guard let ending else { return try subscribe(socket) }
            // It still stands.
            for answer in ending.answers { answer.resume() }
            self.ending = nil
        }
    }

    /// Cancels the subscription as soon as nothing is on its way.
    ///
    /// RabbitMQ takes back, as failed deliveries, those that a quorum queue has made and that have not left the broker when
    /// a cancellation comes. Without acks the window fills up, or the queue is empty: either way deliveries cease.
    private func end(_ ending: Ending, _ socket: AMQPSocket) throws(AMQPError) {
        guard ledger.outstandingCount - inherited >= prefetch || ending.isOver(at: .now) else { return }
        try socket.cancelConsumer(tag)
        while socket.hasBufferedInput, let event = try socket.next() { try handle(event, socket) }
        try sendAcks(socket)
        for answer in ending.answers { answer.resume() }
        self.ending = nil
    }

    func handle(_ event: AMQPSocket.Event, _ socket: AMQPSocket) throws(AMQPError) {
        switch event {
        case .delivery(let message, let tag, let redelivered, let exchange, let routingKey):
            ledger.delivered(tag)
            cancellations = 0
            watch.delivered()
            ending?.quietSince = .now
            onDelivery(
                AMQPDelivery(
                    message: message,
                    deliveryTag: tag,
                    generation: generation,
                    redelivered: redelivered,
                    exchange: exchange,
                    routingKey: routingKey,
                    queue: queue
                )
            )
        case .consumerCancelled:
            onEvent(.consumerCancelled(queue: queue))
            if !isWanted { return }
            cancellations += 1
            subscribesAt = .now + ConnectionThread<ConsumerRole>.delay(attempt: cancellations)
        case .blocked, .unblocked, .ack, .nack, .returned, .other: break
        }
    }

    func tick(_ socket: AMQPSocket) throws(AMQPError) {
        if let ending { try end(ending, socket) }
        let now = ContinuousClock.now
        if let acksDueAt, acksDueAt <= now, ending == nil { try sendAcks(socket) }
        if let subscribesAt, subscribesAt <= now {
            // On another channel: a queue that was deleted and made again may be a quorum queue, whose first deliveries
            // the broker takes for ones that the old channel has seen. What that one holds is lost with the old queue.
            try socket.renewChannel()
            try begin(socket)
        }
        let isSubscribed = isWanted && subscribesAt == nil
        // Counting what is outstanding is only worth it where nothing comes.
        if watch.isDue(at: now, canReceive: isSubscribed), ledger.outstandingCount < prefetch {
            try look(socket, at: now)
        }
    }

    /// Asks the broker whether the silence is right.
    private func look(_ socket: AMQPSocket, at now: ContinuousClock.Instant) throws(AMQPError) {
        let status = try socket.status(of: queue)
        switch watch.looked(at: now, ready: status.ready, consumers: status.consumers) {
        case .fine: break
        case .stalled:
            onEvent(.stalled(queue: queue))
            if ledger.outstandingCount == 0 {
                // The queue may have been deleted and made again without a word, and its old channel be useless for it.
                try socket.renewChannel()
                return try begin(socket)
            }
            // On the same channel, which keeps what was delivered settleable: on another one it would all be delivered
            // again, and counted against it. What the broker does not know it cancels without complaint.
            try socket.cancelConsumer(tag)
            try subscribe(socket)
        case .hopeless:
            onEvent(.stalled(queue: queue))
            throw AMQPError(.connectionLost, "messages wait in \(queue), and subscribing anew brings none of them")
        }
    }

    func refuse(_ commands: [ConsumerCommand]) {
        for command in commands {
            switch command {
            case .ack, .reject: onEvent(.staleSettlement)
            case .flush(let continuation): continuation.resume()
            case .stopConsuming(let continuation):
                isStopped = true
                continuation.resume()
            case .setPaused(let isPaused, let continuation):
                self.isPaused = isPaused
                continuation.resume()
            }
        }
    }

    func end(_ error: AMQPError) {
        for answer in ending?.answers ?? [] { answer.resume() }
        ending = nil
    }
}
