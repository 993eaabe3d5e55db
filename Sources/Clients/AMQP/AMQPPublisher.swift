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
        let role = PublisherRole(window: window, patience: confirmTimeout, status: status, onEvent: onEvent)
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
    /// - Throws: at once `.invalidMessage` for what no frame can hold, `.connectionLost` where there is no connection,
    ///   `.blocked` where the broker takes nothing, `.closed` after `run()` was cancelled;
    ///   later `.unroutable`, `.nacked`, `.timeout`, or `.connectionLost` (then it may have arrived).
    public func publish(
        _ message: AMQPMessage,
        exchange: String,
        routingKey: String
    ) async throws(AMQPError) {
        let publication = AMQPPublication(message, exchange: exchange, routingKey: routingKey)
        let answers = await publish([publication])
        if let error = answers[0] { throw error }
    }

    /// Publishes several messages with all their confirms in flight at once.
    ///
    /// - Parameter didWrite: called on the connection's thread whenever a message is with the socket, before its confirm.
    /// - Returns: for each of them, in their order, nil where the broker has taken charge of it, and otherwise what
    ///   ``publish(_:exchange:routingKey:)`` would throw.
    public func publish(
        _ batch: [AMQPPublication],
        didWrite: (@Sendable () -> Void)? = nil
    ) async -> [AMQPError?] {
        if batch.isEmpty { return [] }
        let refusal = status.withLock { $0.refusal }
        let deadline = ContinuousClock.now + confirmTimeout
        return await withCheckedContinuation { continuation in
            let answers = PublishAnswers(count: batch.count, continuation)
            var commands: [PublishCommand] = []
            commands.reserveCapacity(batch.count)
            for (index, publication) in batch.enumerated() {
                let waiter = PublishWaiter(answers: answers, index: index)
                do throws(AMQPError) {
                    try publication.message.validate(
                        exchange: publication.exchange,
                        routingKey: publication.routingKey
                    )
                    if let refusal { throw refusal }
                    commands.append(PublishCommand(publication, deadline: deadline, didWrite: didWrite, waiter: waiter))
                } catch {
                    waiter.resume(returning: .failure(error))
                }
            }
            if !thread.post(commands) {
                for command in commands { command.waiter.resume(returning: .failure(PublisherStatus.closed)) }
            }
        }
    }
}

/// A message and where it goes.
public struct AMQPPublication: Sendable {
    /// What is published.
    public var message: AMQPMessage
    /// Empty for the default exchange, to which each queue is bound by its name.
    public var exchange: String
    /// By which the exchange chooses queues.
    public var routingKey: String
    /// Whether a message that no queue takes is an error; otherwise the broker drops it, and confirms it all the same.
    public var isMandatory: Bool

    /// A message for an exchange.
    public init(_ message: AMQPMessage, exchange: String, routingKey: String, isMandatory: Bool = true) {
        self.message = message
        self.exchange = exchange
        self.routingKey = routingKey
        self.isMandatory = isMandatory
    }
}

typealias ConfirmResult = Result<Void, AMQPError>

/// The answers to one batch, for the one caller who waits until all are in.
private final class PublishAnswers: Sendable {
    private struct State {
        var errors: [AMQPError?]
        var open: Int
    }

    private let state: Lock<State>
    private let continuation: CheckedContinuation<[AMQPError?], Never>

    init(count: Int, _ continuation: CheckedContinuation<[AMQPError?], Never>) {
        state = Lock(State(errors: Array(repeating: nil, count: count), open: count))
        self.continuation = continuation
    }

    func set(_ index: Int, _ error: AMQPError?) {
        let complete: [AMQPError?]? = state.withLock { state in
            state.errors[index] = error
            state.open -= 1
            return state.open == 0 ? state.errors : nil
        }
        if let complete { continuation.resume(returning: complete) }
    }
}

/// Who is to be told about one message, once.
struct PublishWaiter: Sendable {
    fileprivate let answers: PublishAnswers
    fileprivate let index: Int

    func resume(returning result: ConfirmResult) {
        switch result {
        case .success: answers.set(index, nil)
        case .failure(let error): answers.set(index, error)
        }
    }
}

struct PublishCommand: Sendable {
    let message: AMQPMessage
    let messageID: String
    let exchange: String
    let routingKey: String
    let isMandatory: Bool
    let deadline: ContinuousClock.Instant
    let didWrite: (@Sendable () -> Void)?
    let waiter: PublishWaiter

    init(
        _ publication: AMQPPublication,
        deadline: ContinuousClock.Instant,
        didWrite: (@Sendable () -> Void)?,
        waiter: PublishWaiter
    ) {
        var message = publication.message
        messageID = message.properties.messageID ?? UUID().uuidString
        message.properties.messageID = messageID
        self.message = message
        exchange = publication.exchange
        routingKey = publication.routingKey
        isMandatory = publication.isMandatory
        self.deadline = deadline
        self.didWrite = didWrite
        self.waiter = waiter
    }
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
    private struct InFlight {
        let waiter: PublishWaiter
        /// Exchange and routing key.
        let address: String
    }

    private let window: Int
    private let status: Lock<PublisherStatus>
    private let onEvent: @Sendable (AMQPEvent) -> Void
    private var ledger = ConfirmLedger<InFlight>()
    private var watch: ConfirmWatch
    private var waiting: ArraySlice<PublishCommand> = []

    init(
        window: Int,
        patience: Duration,
        status: Lock<PublisherStatus>,
        onEvent: @escaping @Sendable (AMQPEvent) -> Void
    ) {
        self.window = window
        watch = ConfirmWatch(patience: patience)
        self.status = status
        self.onEvent = onEvent
    }

    var isFinished: Bool { ledger.count == 0 && waiting.isEmpty }
    var longestWait: Int32? { nil }
    func leave(_ socket: AMQPSocket) {}

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
        case .ack(let tag, let multiple): answered(ledger.ack(tag, multiple: multiple))
        case .nack(let tag, let multiple): answered(ledger.nack(tag, multiple: multiple))
        case .returned(let code, let text, let exchange, let routingKey, let messageID):
            onEvent(.returned(exchange: exchange, routingKey: routingKey))
            let error = AMQPError(
                .unroutable(replyCode: code, replyText: text),
                "no queue takes messages with the routing key '\(routingKey)' of exchange '\(exchange)'"
            )
            if let messageID { ledger.returned(messageID: messageID, error: error) }
        case .blocked(let reason):
            status.withLock { $0.isBlocked = true }
            watch.reset()
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
        if watch.isOver(at: now) { throw AMQPError(.timeout, "the broker confirms nothing of what it was sent") }
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
        watch.reset()
        for command in waiting { command.waiter.resume(returning: .failure(lost)) }
        waiting = []
    }

    private func fillWindow(_ socket: AMQPSocket) throws(AMQPError) {
        if waiting.isEmpty { return }
        // A message is three frames, and librabbitmq writes each by itself.
        let isMany = waiting.count > 1
        if isMany { socket.holdBack(true) }
        defer { if isMany { socket.holdBack(false) } }
        while ledger.count < window, let command = waiting.popFirst() {
            let message = InFlight(waiter: command.waiter, address: "\(command.exchange)/\(command.routingKey)")
            ledger.publish(message, messageID: command.messageID, deadline: command.deadline)
            if !status.withLock({ $0.isBlocked }) { watch.published(at: .now) }
            try socket.publish(
                command.message,
                exchange: command.exchange,
                routingKey: command.routingKey,
                isMandatory: command.isMandatory
            )
            command.didWrite?()
        }
    }

    private func answered(_ settled: [ConfirmLedger<InFlight>.Settled]) {
        let now = ContinuousClock.now
        watch.heard(at: now, outstanding: ledger.count)
        for one in settled {
            switch one.result {
            case .success: watch.confirmed(one.waiter.address)
            case .failure(let error) where error.code == .nacked: watch.refused(one.waiter.address, at: now)
            case .failure: break
            }
        }
        settle(settled)
    }

    private func settle(_ settled: [ConfirmLedger<InFlight>.Settled]) {
        for one in settled { one.waiter.waiter.resume(returning: one.result) }
    }
}
