import Threading

/// A connection for tools and tests, which does one thing after the other. Between its calls it sends no heartbeats, and it
/// does not reconnect: for a server use ``AMQPPublisher`` and ``AMQPConsumer``.
public actor AMQPSession {
    private let executor: ThreadExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private let holder: SocketHolder

    /// Connects, which blocks the session's own thread.
    ///
    /// - Parameter heartbeat: seconds after which a silent network ends a call; the session must then be used more often
    ///   than that. 0 waits for ever.
    public init(_ configuration: AMQPConfiguration, heartbeat: Int = 0) async throws(AMQPError) {
        executor = ThreadExecutor(name: "amqp-session")
        holder = SocketHolder()
        try await open(configuration, heartbeat)
    }

    private final class SocketHolder: @unchecked Sendable {
        // @unchecked: only touched by the actor's methods, which run on its one thread.
        var socket: AMQPSocket?
    }

    /// Separate from `init`, which runs where its caller runs.
    private nonisolated func open(_ configuration: AMQPConfiguration, _ heartbeat: Int) async throws(AMQPError) {
        try await connect(configuration, heartbeat)
    }

    private func connect(_ configuration: AMQPConfiguration, _ heartbeat: Int) throws(AMQPError) {
        holder.socket = try AMQPSocket(configuration, heartbeat: heartbeat)
    }

    private var socket: AMQPSocket {
        get throws(AMQPError) {
            guard let socket = holder.socket else { throw AMQPError(.closed, "the session was closed") }
            return socket
        }
    }

    /// - Parameter name: empty for a name that the broker makes.
    /// - Returns: the queue's name.
    @discardableResult
    public func declareQueue(
        _ name: String,
        isDurable: Bool = true,
        isExclusive: Bool = false,
        deletesItself: Bool = false,
        arguments: [String: AMQPValue] = [:]
    ) throws(AMQPError) -> String {
        try socket.declareQueue(
            name,
            isDurable: isDurable,
            isExclusive: isExclusive,
            deletesItself: deletesItself,
            arguments: arguments
        )
    }

    /// Declares a durable exchange.
    public func declareExchange(_ name: String, type: String) throws(AMQPError) {
        try socket.declareExchange(name, type: type)
    }

    /// Lets messages with this routing key reach the queue; binding twice is binding once.
    ///
    /// - Throws: `.notFound` when there is no such queue or exchange.
    public func bindQueue(_ queue: String, exchange: String, routingKey: String) throws(AMQPError) {
        try socket.bindQueue(queue, exchange: exchange, routingKey: routingKey)
    }

    /// - Returns: messages that were dropped.
    @discardableResult
    public func purgeQueue(_ queue: String) throws(AMQPError) -> Int { try socket.purgeQueue(queue) }

    /// Deletes a queue with all that is in it; one that does not exist counts as deleted.
    public func deleteQueue(_ queue: String) throws(AMQPError) { try socket.deleteQueue(queue) }

    /// Messages that are ready in a queue.
    public func messageCount(_ queue: String) throws(AMQPError) -> Int {
        try socket.status(of: queue).ready
    }

    /// Subscriptions to a queue.
    public func consumerCount(_ queue: String) throws(AMQPError) -> Int { try socket.status(of: queue).consumers }

    /// Messages that are ready in a queue, and its subscriptions; `nil` where there is no such queue.
    public func depth(of queue: String) throws(AMQPError) -> (ready: Int, consumers: Int)? {
        let socket = try socket
        do throws(AMQPError) {
            return try socket.status(of: queue)
        } catch {
            guard error.code == .notFound else { throw error }
            try socket.reopenChannel()
            return nil
        }
    }

    /// Whether the queue exists, asked passively: nothing is declared.
    public func exists(queue: String) throws(AMQPError) -> Bool {
        try exists { socket throws(AMQPError) in _ = try socket.declareQueue(queue, isPassive: true) }
    }

    /// Whether the exchange exists, asked passively: nothing is declared.
    public func exists(exchange: String) throws(AMQPError) -> Bool {
        try exists { socket throws(AMQPError) in
            try socket.declareExchange(exchange, type: "direct", isPassive: true)
        }
    }

    private func exists(_ declare: (AMQPSocket) throws(AMQPError) -> Void) throws(AMQPError) -> Bool {
        let socket = try socket
        do throws(AMQPError) {
            try declare(socket)
            return true
        } catch {
            guard error.code == .notFound else { throw error }
            try socket.reopenChannel()
            return false
        }
    }

    /// Publishes without a confirm.
    public func publish(_ message: AMQPMessage, exchange: String, routingKey: String) throws(AMQPError) {
        try message.validate(exchange: exchange, routingKey: routingKey)
        try socket.publish(message, exchange: exchange, routingKey: routingKey, isMandatory: false)
    }

    /// The next message of a queue, or nil when it is empty.
    /// - Parameter acknowledges: the broker forgets the message at once; otherwise settle it with `ack` or `reject`.
    public func get(_ queue: String, acknowledges: Bool = false) throws(AMQPError) -> AMQPDelivery? {
        try socket.get(queue, acknowledges: acknowledges)
    }

    /// Has the broker push up to `prefetch` messages of a queue; ``deliveries(atMost:within:)`` hands them out.
    ///
    /// - Parameter tag: the subscription's name, another one for each on this session.
    public func consume(_ queue: String, prefetch: Int, tag: String) throws(AMQPError) {
        let socket = try socket
        try socket.limitUnsettled(to: prefetch)
        try socket.consume(queue, tag: tag)
    }

    /// What the session's subscriptions brought, as much as is there, `limit` at most; settle each with `ack` or `reject`.
    ///
    /// - Parameter patience: how long to wait, blocking the session's thread, for the first one.
    /// - Returns: nothing when none came.
    /// - Throws: `.notFound` when the broker ended a subscription because its queue is gone.
    public func deliveries(atMost limit: Int, within patience: Duration) throws(AMQPError) -> [AMQPDelivery] {
        let socket = try socket
        let end = ContinuousClock.now + patience
        var deliveries: [AMQPDelivery] = []
        while deliveries.count < limit {
            switch try socket.next() {
            case .delivery(let message, let tag, let redelivered, let exchange, let routingKey):
                deliveries.append(
                    AMQPDelivery(
                        message: message,
                        deliveryTag: tag,
                        generation: 0,
                        redelivered: redelivered,
                        exchange: exchange,
                        routingKey: routingKey,
                        queue: ""
                    )
                )
            case .consumerCancelled: throw AMQPError(.notFound, "the broker ended the subscription: its queue is gone")
            case .some: break
            case nil:
                let left = ContinuousClock.now.duration(to: end)
                if !deliveries.isEmpty || left <= .zero { return deliveries }
                socket.waitForInput(atMost: left)
            }
        }
        return deliveries
    }

    /// Lets the broker forget a message that `get` or ``deliveries(atMost:within:)`` handed out.
    public func ack(_ delivery: AMQPDelivery) throws(AMQPError) { try ack(deliveryTag: delivery.deliveryTag) }

    /// The same by the number of its delivery, which is all that has to be kept of it.
    public func ack(deliveryTag: UInt64) throws(AMQPError) { try socket.ack(deliveryTag) }

    /// Refuses a message that `get` handed out.
    ///
    /// - Parameter requeue: `true` puts it back into its queue; otherwise it is dead-lettered or dropped, as the queue
    ///   says.
    public func reject(_ delivery: AMQPDelivery, requeue: Bool) throws(AMQPError) {
        try socket.reject(delivery.deliveryTag, requeue: requeue)
    }

    /// Closes the connection: what is unsettled goes back to its queue. Afterwards every call throws `.closed`.
    public func close() {
        holder.socket?.close()
        holder.socket = nil
    }
}
