import AMQP
public import Lifecycle
import Threading

/// Small messages for whoever listens at this moment: "look at this again". None is kept and any may get lost, so a
/// listener must find out by itself in the end; a notice only makes it sooner.
///
/// They go through the broker's own exchange `amq.topic`, which every virtual host has, to queues that end with their
/// listener's connection. Nothing has to be declared, and without listeners the broker drops them.
public final class AMQPNotices: Service {
    private struct State {
        var waiting: Set<String> = []
        var isOver = false
    }

    /// Subjects in one message; more than that waiting means that the broker is away, and they are dropped.
    private static let batchSize = 1_000
    static let exchange = "amq.topic"
    static func routingKey(_ topic: String) -> String { "wharf.notices.\(topic)" }

    private let topic: String
    private let publish: @Sendable (AMQPPublication) async -> Void
    private let listener: AMQPListener
    private let state = Lock(State())
    private let wakeups: AsyncStream<Void>
    private let wakeup: AsyncStream<Void>.Continuation

    init(topic: String, listener: AMQPListener, publish: @escaping @Sendable (AMQPPublication) async -> Void) {
        self.topic = topic
        self.listener = listener
        self.publish = publish
        (wakeups, wakeup) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Tells listeners of `topic` that something about `subject` is new. Never blocks and never fails.
    ///
    /// - Parameter subject: without line breaks.
    public func post(_ subject: String) {
        let isTaken = state.withLock { state in
            guard !state.isOver, state.waiting.count < Self.batchSize else { return false }
            return state.waiting.insert(subject).inserted
        }
        if isTaken { wakeup.yield() }
    }

    /// Publishes what is posted until cancelled: one message for all that was posted while the last one was on its way.
    public func run() async throws {
        for await _ in wakeups { await publishWaiting() }
        // Without a pause at the end: what was posted last is about steps that were taken last.
        await Task { await self.publishWaiting() }.value
        state.withLock { $0.isOver = true }
    }

    /// Hears the subjects that others post, and its own, until cancelled.
    ///
    /// - Parameter onSubjects: called on the connection's thread: it must return at once.
    public func listen(_ onSubjects: @escaping @Sendable ([String]) -> Void) async throws {
        try await listener.run { message in
            onSubjects(String(decoding: message.body, as: UTF8.self).split(separator: "\n").map(String.init))
        }
    }

    private func publishWaiting() async {
        let subjects = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        if subjects.isEmpty { return }
        var message = AMQPMessage(body: Array(subjects.joined(separator: "\n").utf8))
        message.properties.contentType = "text/plain"
        await publish(
            AMQPPublication(message, exchange: Self.exchange, routingKey: Self.routingKey(topic), isMandatory: false)
        )
    }
}
