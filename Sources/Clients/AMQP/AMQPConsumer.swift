import Foundation
import Threading

/// Consumes one queue over a connection of its own, subscribing again after every loss as long as `run` runs.
public final class AMQPConsumer: Sendable {
    private let configuration: AMQPConfiguration
    private let queue: String
    private let prefetch: Int
    private let idleCheck: Duration
    private let onEvent: @Sendable (AMQPEvent) -> Void
    private let state = Lock(State())

    private struct State {
        var thread: ConnectionThread<ConsumerRole>?
        var isPaused = false
    }

    /// - Parameters:
    ///   - prefetch: deliveries at most that are unsettled at a time.
    ///   - idleCheck: how long nothing comes before the broker is asked whether that is right; see ``AMQPEvent/stalled``.
    public init(
        _ configuration: AMQPConfiguration,
        queue: String,
        prefetch: Int,
        idleCheck: Duration = .seconds(15),
        onEvent: @escaping @Sendable (AMQPEvent) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.queue = queue
        self.prefetch = prefetch
        self.idleCheck = idleCheck
        self.onEvent = onEvent
    }

    /// Consumes until the task is cancelled. What is unsettled then goes back to the queue.
    ///
    /// - Parameter onDelivery: called on the connection's thread, which sends the heartbeats: it must return at once.
    public func run(_ onDelivery: @escaping @Sendable (AMQPDelivery) -> Void) async throws {
        let thread = state.withLock { state in
            let role = ConsumerRole(
                queue: queue,
                prefetch: prefetch,
                isPaused: state.isPaused,
                idleCheck: idleCheck,
                onDelivery: onDelivery,
                onEvent: onEvent
            )
            let thread = ConnectionThread(configuration, role: role, onEvent: onEvent)
            state.thread = thread
            return thread
        }
        await withTaskCancellationHandler {
            await thread.run()
        } onCancel: {
            thread.stop(grace: .zero)
        }
        state.withLock { $0.thread = nil }
        try Task.checkCancellation()
    }

    /// Ends the subscription: when this returns, no more deliveries come, and those that came can still be settled.
    ///
    /// What was on its way is still delivered: a quorum queue would count it as a failed delivery if it went back. For
    /// that, acks are held back until nothing comes any more, for two seconds at most.
    public func stopConsuming() async { await ask { .stopConsuming($0) } }

    /// Ends the subscription until ``resume()``, also over lost connections: when this returns, no more deliveries come,
    /// and those that came can still be settled. Before `run`, it keeps the first subscription from being made.
    public func pause() async { await setPaused(true) }

    /// Subscribes again, over the same connection.
    public func resume() async { await setPaused(false) }

    private func setPaused(_ isPaused: Bool) async {
        state.withLock { $0.isPaused = isPaused }
        await ask { .setPaused(isPaused, $0) }
    }

    /// Returns when every settlement asked for so far has been written to the socket.
    public func flush() async { await ask { .flush($0) } }

    /// Tells the broker to forget the message. Returns at once.
    public func ack(_ delivery: AMQPDelivery) {
        post(.ack(tag: delivery.deliveryTag, generation: delivery.generation), isPatient: true)
    }

    /// Gives the message back to the queue, or to its dead-letter exchange. Returns at once.
    public func reject(_ delivery: AMQPDelivery, requeue: Bool) {
        post(.reject(tag: delivery.deliveryTag, generation: delivery.generation, requeue: requeue))
    }

    private var thread: ConnectionThread<ConsumerRole>? { state.withLock { $0.thread } }

    private func post(_ command: ConsumerCommand, isPatient: Bool = false) {
        let isTaken = thread?.post([command], isPatient: isPatient) ?? false
        if !isTaken { onEvent(.staleSettlement) }
    }

    private func ask(_ command: (CheckedContinuation<Void, Never>) -> ConsumerCommand) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isTaken = thread?.post([command(continuation)]) ?? false
            if !isTaken { continuation.resume() }
        }
    }
}
