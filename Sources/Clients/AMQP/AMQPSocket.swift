import CRabbitMQ
import Foundation

/// The owner of one `amqp_connection_state_t`, with one open channel. librabbitmq is not thread-safe: whoever makes it
/// uses it on one thread only.
final class AMQPSocket {
    /// What the broker says without being asked.
    enum Event {
        case ack(tag: UInt64, multiple: Bool)
        case nack(tag: UInt64, multiple: Bool)
        case returned(code: Int, text: String, exchange: String, routingKey: String, messageID: String?)
        case delivery(AMQPMessage, tag: UInt64, redelivered: Bool, exchange: String, routingKey: String)
        case consumerCancelled
        case blocked(reason: String)
        case unblocked
        /// Nothing that matters here.
        case other
    }

    private let state: amqp_connection_state_t
    private var channel: amqp_channel_t = 1
    /// The arguments of the call under way.
    private let arena = TableArena()
    let descriptor: Int32
    private let watchdog: WriteWatchdog?
    /// Connects, logs in and opens a channel, which blocks. Hosts are tried in an order of chance, until one takes us: so
    /// connections spread over a cluster, and none waits for a node that is gone.
    ///
    /// - Parameter watchdog: ends writes that hang; must outlive this.
    init(
        _ configuration: AMQPConfiguration,
        heartbeat: Int? = nil,
        watchdog: WriteWatchdog? = nil
    ) throws(AMQPError) {
        state = try AMQPOpening.connect(configuration, heartbeat: heartbeat ?? configuration.heartbeat)
        descriptor = amqp_get_sockfd(state)
        self.watchdog = watchdog
        watchdog?.attach(descriptor)
    }

    deinit {
        watchdog?.detach()
        amqp_destroy_connection(state)
    }

    // MARK: Calls that wait for their answer

    func confirmSelect() throws(AMQPError) {
        amqp_confirm_select(state, channel)
        try check("ask for publisher confirms")
    }

    func limitUnsettled(to prefetch: Int) throws(AMQPError) {
        amqp_basic_qos(state, channel, 0, UInt16(clamping: prefetch), 0)
        try check("set the prefetch")
    }

    /// - Parameter acknowledges: the broker forgets each message as it sends it: nothing is settled.
    func consume(_ queue: String, tag: String, acknowledges: Bool = false) throws(AMQPError) {
        defer { arena.recycle() }
        let noAck: amqp_boolean_t = acknowledges ? 1 : 0
        amqp_basic_consume(state, channel, arena.text(queue), arena.text(tag), 0, noAck, 0, amqp_empty_table)
        try check("consume \(queue)")
    }

    func cancelConsumer(_ tag: String) throws(AMQPError) {
        defer { arena.recycle() }
        amqp_basic_cancel(state, channel, arena.text(tag))
        try check("cancel the consumer")
    }

    /// - Parameter isPassive: only ask whether it exists.
    func declareQueue(
        _ name: String,
        isPassive: Bool = false,
        isDurable: Bool = true,
        isExclusive: Bool = false,
        deletesItself: Bool = false,
        arguments: [String: AMQPValue] = [:]
    ) throws(AMQPError) -> String {
        defer { arena.recycle() }
        let answer = amqp_queue_declare(
            state,
            channel,
            arena.text(name),
            isPassive ? 1 : 0,
            isDurable ? 1 : 0,
            isExclusive ? 1 : 0,
            deletesItself ? 1 : 0,
            arena.table(arguments)
        )
        try check("declare the queue \(name)")
        return answer.map { String($0.pointee.queue) } ?? name
    }

    /// Messages that are ready in a queue, and its consumers.
    func status(of queue: String) throws(AMQPError) -> (ready: Int, consumers: Int) {
        defer { arena.recycle() }
        let answer = amqp_queue_declare(state, channel, arena.text(queue), 1, 0, 0, 0, amqp_empty_table)
        try check("ask for the length of \(queue)")
        return (Int(answer?.pointee.message_count ?? 0), Int(answer?.pointee.consumer_count ?? 0))
    }

    func declareExchange(_ name: String, type: String, isPassive: Bool = false) throws(AMQPError) {
        defer { arena.recycle() }
        let (nameBytes, kind) = (arena.text(name), arena.text(type))
        amqp_exchange_declare(state, channel, nameBytes, kind, isPassive ? 1 : 0, 1, 0, 0, amqp_empty_table)
        try check("declare the exchange \(name)")
    }

    func bindQueue(_ queue: String, exchange: String, routingKey: String) throws(AMQPError) {
        defer { arena.recycle() }
        let key = arena.text(routingKey)
        amqp_queue_bind(state, channel, arena.text(queue), arena.text(exchange), key, amqp_empty_table)
        try check("bind the queue \(queue)")
    }

    /// - Returns: messages that were dropped.
    func purgeQueue(_ queue: String) throws(AMQPError) -> Int {
        defer { arena.recycle() }
        let answer = amqp_queue_purge(state, channel, arena.text(queue))
        try check("purge the queue \(queue)")
        return Int(answer?.pointee.message_count ?? 0)
    }

    func deleteQueue(_ queue: String) throws(AMQPError) {
        defer { arena.recycle() }
        amqp_queue_delete(state, channel, arena.text(queue), 0, 0)
        try check("delete the queue \(queue)")
    }

    /// The next message of a queue, or nil when it is empty.
    func get(_ queue: String, acknowledges: Bool) throws(AMQPError) -> AMQPDelivery? {
        defer { arena.recycle() }
        let reply = amqp_basic_get(state, channel, arena.text(queue), acknowledges ? 1 : 0)
        try Self.check(reply, "get from the queue \(queue)")
        guard reply.reply.id == AMQP_BASIC_GET_OK_METHOD, let decoded = reply.reply.decoded else { return nil }
        let ok = decoded.assumingMemoryBound(to: amqp_basic_get_ok_t.self).pointee
        let (exchange, routingKey) = (String(ok.exchange), String(ok.routing_key))
        let message = try readMessage()
        return AMQPDelivery(
            message: message,
            deliveryTag: ok.delivery_tag,
            generation: 0,
            redelivered: ok.redelivered != 0,
            exchange: exchange,
            routingKey: routingKey,
            queue: queue
        )
    }

    /// Leaves the channel, which gives back what is unsettled on it, for the next one of the same connection.
    func renewChannel() throws(AMQPError) {
        try Self.check(amqp_channel_close(state, channel, AMQP_REPLY_SUCCESS), "close a channel")
        try reopenChannel()
    }

    /// After a channel error: the next channel of the same connection.
    func reopenChannel() throws(AMQPError) {
        channel += 1
        amqp_channel_open(state, channel)
        try check("open a channel")
    }

    func close() { _ = writing { amqp_connection_close(state, AMQP_REPLY_SUCCESS) } }

    // MARK: Sending

    /// While held back, what is written goes out in full packets only: for several messages in a row, which would
    /// otherwise wake the broker one by one.
    func holdBack(_ isHeldBack: Bool) {
        var flag: Int32 = isHeldBack ? 1 : 0
        // A socket that cannot do this still sends everything.
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_CORK, &flag, socklen_t(MemoryLayout<Int32>.size))
    }

    func publish(_ message: AMQPMessage, exchange: String, routingKey: String, isMandatory: Bool) throws(AMQPError) {
        defer { arena.recycle() }
        var properties = message.properties.encoded(in: arena)
        let status = message.body.withUnsafeBytes { body in
            // librabbitmq takes a mutable pointer and only reads.
            let bytes = amqp_bytes_t(len: body.count, bytes: UnsafeMutableRawPointer(mutating: body.baseAddress))
            return writing {
                amqp_basic_publish(
                    state,
                    channel,
                    arena.text(exchange),
                    arena.text(routingKey),
                    isMandatory ? 1 : 0,
                    0,
                    &properties,
                    bytes
                )
            }
        }
        try checkStatus(status, "publish")
    }

    func ack(_ tag: UInt64, multiple: Bool = false) throws(AMQPError) {
        try checkStatus(writing { amqp_basic_ack(state, channel, tag, multiple ? 1 : 0) }, "ack")
    }

    func reject(_ tag: UInt64, requeue: Bool) throws(AMQPError) {
        try checkStatus(writing { amqp_basic_reject(state, channel, tag, requeue ? 1 : 0) }, "reject")
    }

    /// Runs a call that waits as long as the peer takes no bytes.
    private func writing<Result>(_ call: () -> Result) -> Result {
        watchdog?.writeBegins()
        defer { watchdog?.writeEnded() }
        return call()
    }

    // MARK: Receiving

    /// Whether `next()` has something to return without reading from the network.
    var hasBufferedInput: Bool { amqp_frames_enqueued(state) != 0 || amqp_data_in_buffer(state) != 0 }

    /// The next thing the broker sent, or nil when there is nothing to read now. Also sends heartbeats that are due.
    func next() throws(AMQPError) -> Event? {
        var frame = amqp_frame_t()
        let status = crabbitmq_next_frame(state, &frame)
        if status == AMQP_STATUS_TIMEOUT.rawValue {
            amqp_maybe_release_buffers(state)
            return nil
        }
        try checkStatus(status, "read")
        guard frame.frame_type == AMQP_FRAME_METHOD, let decoded = frame.payload.method.decoded else { return .other }
        func method<Method>(_: Method.Type) -> Method { decoded.assumingMemoryBound(to: Method.self).pointee }
        switch Int(frame.payload.method.id) {
        case crabbitmq_basic_ack:
            let ack = method(amqp_basic_ack_t.self)
            return .ack(tag: ack.delivery_tag, multiple: ack.multiple != 0)
        case crabbitmq_basic_nack:
            let nack = method(amqp_basic_nack_t.self)
            return .nack(tag: nack.delivery_tag, multiple: nack.multiple != 0)
        case crabbitmq_basic_return:
            let returned = method(amqp_basic_return_t.self)
            let (text, exchange) = (String(returned.reply_text), String(returned.exchange))
            let (key, code) = (String(returned.routing_key), Int(returned.reply_code))
            let id = try readMessage().properties.messageID
            return .returned(code: code, text: text, exchange: exchange, routingKey: key, messageID: id)
        case crabbitmq_basic_deliver:
            let deliver = method(amqp_basic_deliver_t.self)
            let (exchange, key) = (String(deliver.exchange), String(deliver.routing_key))
            let (tag, redelivered) = (deliver.delivery_tag, deliver.redelivered != 0)
            let message = try readMessage()
            return .delivery(message, tag: tag, redelivered: redelivered, exchange: exchange, routingKey: key)
        case crabbitmq_basic_cancel: return .consumerCancelled
        case crabbitmq_connection_blocked:
            return .blocked(reason: String(method(amqp_connection_blocked_t.self).reason))
        case crabbitmq_connection_unblocked: return .unblocked
        case crabbitmq_channel_close:
            let close = method(amqp_channel_close_t.self)
            throw Self.channelClosed(Int(close.reply_code), String(close.reply_text), "the channel")
        case crabbitmq_connection_close:
            let close = method(amqp_connection_close_t.self)
            throw Self.connectionClosed(Int(close.reply_code), String(close.reply_text), "the connection")
        default: return .other
        }
    }

    /// Blocks until the broker has sent something, or `patience` is over.
    func waitForInput(atMost patience: Duration) {
        if hasBufferedInput { return }
        var one = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let parts = patience.components
        poll(&one, 1, Int32(clamping: parts.seconds * 1_000 + parts.attoseconds / 1_000_000_000_000_000 + 1))
    }

    private func readMessage() throws(AMQPError) -> AMQPMessage {
        var raw = amqp_message_t()
        try Self.check(amqp_read_message(state, channel, &raw, 0), "read a message")
        defer { amqp_destroy_message(&raw) }
        return AMQPMessage(body: [UInt8](raw.body), properties: AMQPProperties(raw.properties))
    }

    // MARK: Errors

    private func check(_ what: String) throws(AMQPError) { try Self.check(amqp_get_rpc_reply(state), what) }

    private func checkStatus(_ status: Int32, _ what: String) throws(AMQPError) {
        if status == AMQP_STATUS_OK.rawValue { return }
        throw AMQPError(.connectionLost, "the connection to the broker was lost (\(what)): \(Self.text(status))")
    }

    static func check(_ reply: amqp_rpc_reply_t, _ what: String) throws(AMQPError) {
        switch reply.reply_type {
        case AMQP_RESPONSE_NORMAL: return
        case AMQP_RESPONSE_SERVER_EXCEPTION:
            guard let decoded = reply.reply.decoded else { break }
            if Int(reply.reply.id) == crabbitmq_channel_close {
                let close = decoded.assumingMemoryBound(to: amqp_channel_close_t.self).pointee
                throw channelClosed(Int(close.reply_code), String(close.reply_text), "cannot \(what): the channel")
            }
            if Int(reply.reply.id) == crabbitmq_connection_close {
                let close = decoded.assumingMemoryBound(to: amqp_connection_close_t.self).pointee
                throw connectionClosed(
                    Int(close.reply_code),
                    String(close.reply_text),
                    "cannot \(what): the connection"
                )
            }
        default: break
        }
        throw AMQPError(.connectionLost, "cannot \(what): \(text(reply.library_error))")
    }

    private static func channelClosed(_ code: Int, _ text: String, _ what: String) -> AMQPError {
        // RabbitMQ has no reply code of its own for its timeout, only this sentence.
        let isTimeout = code == 406 && text.contains("delivery acknowledgement")
        let kind: AMQPError.Code =
            isTimeout ? .acknowledgementTimeout : code == 404 ? .notFound : .channelClosed(replyCode: code)
        return AMQPError(kind, "\(what) was closed: \(code) \(text)")
    }

    private static func connectionClosed(_ code: Int, _ text: String, _ what: String) -> AMQPError {
        AMQPError(.connectionClosed(replyCode: code), "\(what) was closed: \(code) \(text)")
    }

    static func text(_ status: Int32) -> String { String(cString: amqp_error_string2(status)) }
}
