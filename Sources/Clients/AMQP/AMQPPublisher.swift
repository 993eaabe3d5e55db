import Foundation
import Threading

/// Publishes with confirms over a connection of its own, reconnecting as long as `run()` runs.
public final class AMQPPublisher: Sendable {
    private let thread: ConnectionThread<PublisherRole>
    private let status: Lock<PublisherStatus>
    private let confirmTimeout: Duration

    /// - Parameters:
    ///   - window: messages at most that wait for their confirm; more wait unsent.
    ///   - confirmTimeout: how long `publish` takes at most, with its wait for a place in the window.
    public init(
        _ configuration: AMQPConfiguration,
        window: Int = 512,
        confirmTimeout: Duration = .seconds(10),
        onEvent: @escaping @Sendable (AMQPEvent) -> Void = { _ in }
    ) {
        let status = Lock(PublisherStatus())
        self.status = status
        self.confirmTimeout = confirmTimeout
        let role = PublisherRole(window: window, status: status, onEvent: onEvent)
        thread = ConnectionThread(configuration, role: role, onEvent: onEvent)
    }

    /// Whether the connection stands at this moment; the broker may still be blocking it.
    public var isConnected: Bool { status.withLock { $0.isConnected } }

    /// - Throws: why nothing can be published at this moment: the error that ended the connection, or kept it from being
    ///   made, `.connectionLost` before the first try has ended, `.blocked`, or `.closed`.
    public func check() throws(AMQPError) {
        let (refusal, loss) = status.withLock { ($0.refusal, $0.isClosed || $0.isConnected ? nil : $0.loss) }
        if let error = loss ?? refusal { throw error }
    }

    /// Connects and keeps connected until the task is cancelled; then takes no more messages, waits up to 5 s for
    /// outstanding confirms and closes.
    public func run() async throws {
        await withTaskCancellationHandler {
            await thread.run()
        } onCancel: {
            // Or callers that go on publishing would use up the whole grace.
            status.withLock { $0.isClosed = true }
            thread.stop(grace: .seconds(5))
        }
        try Task.checkCancellation()
    }

    /// Publishes a persistent-or-not message as `mandatory`, and returns when the broker has taken charge of it.
    ///
    /// A message without a message id gets one, since the broker names a message it cannot route by its content only.
    /// It does not heed task cancellation, since a message cannot be taken back.
    /// - Parameter didWrite: called on the connection's thread when the message is with the socket, before its confirm.
    /// - Throws: at once `.invalidMessage` for what no frame can hold, `.connectionLost` where there is no connection,
    ///   `.blocked` where the broker takes nothing, `.closed` after `run()` was cancelled;
    ///   later `.unroutable`, `.nacked`, `.timeout`, or `.connectionLost` (then it may have arrived).
    public func publish(
        _ message: AMQPMessage,
        exchange: String,
        routingKey: String,
        didWrite: (@Sendable () -> Void)? = nil
    ) async throws(AMQPError) {
        try message.validate(exchange: exchange, routingKey: routingKey)
        if let error = status.withLock({ $0.refusal }) { throw error }
        let deadline = ContinuousClock.now + confirmTimeout
        var message = message
        let id = message.properties.messageID ?? UUID().uuidString
        message.properties.messageID = id
        let named = message
        let result = await withCheckedContinuation { (continuation: CheckedContinuation<ConfirmResult, Never>) in
            let command = PublishCommand(
                message: named,
                messageID: id,
                exchange: exchange,
                routingKey: routingKey,
                deadline: deadline,
                didWrite: didWrite,
                waiter: continuation
            )
            if !thread.post(command) { continuation.resume(returning: .failure(PublisherStatus.closed)) }
        }
        try result.get()
    }
}

typealias ConfirmResult = Result<Void, AMQPError>

struct PublishCommand: Sendable {
    let message: AMQPMessage
    let messageID: String
    let exchange: String
    let routingKey: String
    let deadline: ContinuousClock.Instant
    let didWrite: (@Sendable () -> Void)?
    let waiter: CheckedContinuation<ConfirmResult, Never>
}

/// What callers on other threads may know without asking the connection's thread.
struct PublisherStatus: Sendable {
    var isConnected = false
    var isBlocked = false
    var isClosed = false
    /// What ended the last connection, or kept it from being made.
    var loss: AMQPError?

    static var closed: AMQPError { AMQPError(.closed, "the publisher was stopped") }

    var refusal: AMQPError? {
        if isClosed { return Self.closed }
        if !isConnected { return AMQPError(.connectionLost, "there is no connection to the broker") }
        if isBlocked { return AMQPError(.blocked, "the broker is short of memory or disk and takes no messages") }
        return nil
    }
}

/// The publisher's half of its connection's loop.
final class PublisherRole: ConnectionRole {
    private let window: Int
    private let status: Lock<PublisherStatus>
    private let onEvent: @Sendable (AMQPEvent) -> Void
    private var ledger = ConfirmLedger<CheckedContinuation<ConfirmResult, Never>>()
    private var waiting: ArraySlice<PublishCommand> = []

    init(
        window: Int,
        status: Lock<PublisherStatus>,
        onEvent: @escaping @Sendable (AMQPEvent) -> Void
    ) {
        self.window = window
        self.status = status
        self.onEvent = onEvent
    }

    var isFinished: Bool { ledger.count == 0 && waiting.isEmpty }

    var longestWait: Int32 { 250 }

    func begin(_ socket: AMQPSocket) throws(AMQPError) {
        try socket.confirmSelect()
        status.withLock { $0.isConnected = true }
    }

    func perform(_ commands: [PublishCommand], _ socket: AMQPSocket) throws(AMQPError) {
        waiting += commands
        try fillWindow(socket)
    }

    func handle(_ event: AMQPSocket.Event, _ socket: AMQPSocket) throws(AMQPError) {
        switch event {
        case .ack(let tag, let multiple): settle(ledger.ack(tag, multiple: multiple))
        case .nack(let tag, let multiple): settle(ledger.nack(tag, multiple: multiple))
        case .returned(let code, let text, let exchange, let routingKey, let messageID):
            onEvent(.returned(exchange: exchange, routingKey: routingKey))
            let error = AMQPError(
                .unroutable(replyCode: code, replyText: text),
                "no queue takes messages with the routing key '\(routingKey)' of exchange '\(exchange)'"
            )
            if let messageID { ledger.returned(messageID: messageID, error: error) }
        case .blocked(let reason):
            status.withLock { $0.isBlocked = true }
            onEvent(.blocked(reason: reason))
            refuse(Array(waiting))
            waiting = []
        case .unblocked:
            status.withLock { $0.isBlocked = false }
            onEvent(.unblocked)
        case .delivery, .consumerCancelled, .other: break
        }
    }

    func tick(_ socket: AMQPSocket) throws(AMQPError) {
        let now = ContinuousClock.now
        settle(ledger.expire(now: now))
        while let first = waiting.first, first.deadline <= now {
            waiting.removeFirst()
            first.waiter.resume(returning: .failure(AMQPError(.timeout, "no place in the window in time; not sent")))
        }
        try fillWindow(socket)
    }

    func refuse(_ commands: [PublishCommand]) {
        let error =
            status.withLock { $0.refusal } ?? AMQPError(.connectionLost, "there is no connection to the broker")
        for command in commands { command.waiter.resume(returning: .failure(error)) }
    }

    func end(_ error: AMQPError) {
        status.withLock { status in
            status.isConnected = false
            status.isBlocked = false
            status.loss = error
        }
        let lost = AMQPError(error.code == .closed ? .closed : .connectionLost, error.message)
        settle(ledger.fail(lost))
        for command in waiting { command.waiter.resume(returning: .failure(lost)) }
        waiting = []
    }

    private func fillWindow(_ socket: AMQPSocket) throws(AMQPError) {
        while ledger.count < window, let command = waiting.popFirst() {
            ledger.publish(command.waiter, messageID: command.messageID, deadline: command.deadline)
            try socket.publish(
                command.message,
                exchange: command.exchange,
                routingKey: command.routingKey,
                isMandatory: true
            )
            command.didWrite?()
        }
    }

    private func settle(_ settled: [ConfirmLedger<CheckedContinuation<ConfirmResult, Never>>.Settled]) {
        for one in settled { one.waiter.resume(returning: one.result) }
    }
}
