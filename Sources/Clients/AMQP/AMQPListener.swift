/// Hears what is published to an exchange from now on, over a connection of its own and through a queue that lives as long
/// as that connection: nothing is kept for later, and what is published while there is no connection is missed.
public final class AMQPListener: Sendable {
    private let thread: @Sendable (@escaping @Sendable (AMQPMessage) -> Void) -> ConnectionThread<ListenerRole>

    /// - Parameters:
    ///   - exchange: has to exist.
    ///   - routingKey: what the queue is bound by; for a topic exchange it may have wildcards.
    ///   - backlog: messages that the broker keeps for a listener that is slow; older ones are dropped.
    public init(
        _ configuration: AMQPConfiguration,
        exchange: String,
        routingKey: String,
        backlog: Int = 1_000,
        onEvent: @escaping @Sendable (AMQPEvent) -> Void = { _ in }
    ) {
        thread = { onMessage in
            let role = ListenerRole(
                exchange: exchange,
                routingKey: routingKey,
                backlog: backlog,
                onMessage: onMessage,
                onEvent: onEvent
            )
            return ConnectionThread(configuration, role: role, onEvent: onEvent)
        }
    }

    /// Listens until the task is cancelled, connecting again after every loss.
    ///
    /// - Parameter onMessage: called on the connection's thread, which sends the heartbeats: it must return at once.
    public func run(_ onMessage: @escaping @Sendable (AMQPMessage) -> Void) async throws {
        let thread = thread(onMessage)
        await withTaskCancellationHandler {
            await thread.run()
        } onCancel: {
            thread.stop(grace: .zero)
        }
        try Task.checkCancellation()
    }
}

/// The listener's half of its connection's loop: it settles nothing, so nobody commands it.
private final class ListenerRole: ConnectionRole {
    private let exchange: String
    private let routingKey: String
    private let backlog: Int
    private let onMessage: @Sendable (AMQPMessage) -> Void
    private let onEvent: @Sendable (AMQPEvent) -> Void
    private var queue = ""

    init(
        exchange: String,
        routingKey: String,
        backlog: Int,
        onMessage: @escaping @Sendable (AMQPMessage) -> Void,
        onEvent: @escaping @Sendable (AMQPEvent) -> Void
    ) {
        self.exchange = exchange
        self.routingKey = routingKey
        self.backlog = backlog
        self.onMessage = onMessage
        self.onEvent = onEvent
    }

    var isFinished: Bool { true }
    var longestWait: Int32? { nil }

    /// The broker names the queue, so that no two listeners share one. Exclusive: it goes with the connection.
    func begin(_ socket: AMQPSocket) throws(AMQPError) {
        queue = try socket.declareQueue(
            "",
            isDurable: false,
            isExclusive: true,
            deletesItself: true,
            arguments: ["x-max-length": .int(Int64(backlog))]
        )
        try socket.bindQueue(queue, exchange: exchange, routingKey: routingKey)
        try socket.consume(queue, tag: "listener", acknowledges: true)
    }

    func handle(_ event: AMQPSocket.Event, _ socket: AMQPSocket) throws(AMQPError) {
        switch event {
        case .delivery(let message, _, _, _, _): onMessage(message)
        case .consumerCancelled:
            onEvent(.consumerCancelled(queue: queue))
            throw AMQPError(.connectionLost, "the broker took the listener's queue away")
        case .blocked, .unblocked, .ack, .nack, .returned, .other: break
        }
    }

    func perform(_ commands: [Never], _ socket: AMQPSocket) throws(AMQPError) {}
    func tick(_ socket: AMQPSocket) throws(AMQPError) {}
    func refuse(_ commands: [Never]) {}
    func end(_ error: AMQPError) {}
    func leave(_ socket: AMQPSocket) throws(AMQPError) {}
}
