import AMQP
import Jobs
import Threading

/// A subscription over a connection of its own.
final class AMQPJobConsumer: JobConsumer {
    private let consumer: AMQPConsumer
    private let connection: ConnectionEpoch

    init(
        _ configuration: AMQPConfiguration,
        queue: String,
        prefetch: Int,
        idleCheck: Duration,
        events: AMQPEventReporter
    ) {
        let connection = ConnectionEpoch()
        let report = events.observer(of: queue)
        self.connection = connection
        consumer = AMQPConsumer(configuration, queue: queue, prefetch: prefetch, idleCheck: idleCheck) { event in
            switch event {
            case .disconnected, .consumerCancelled: connection.end()
            default: break
            }
            report(event)
        }
    }

    func run(_ onDelivery: @escaping @Sendable (JobDelivery) -> Void) async throws {
        defer { connection.end() }
        try await consumer.run { [consumer, connection] delivery in
            let receipt = AMQPReceipt(
                consumer: consumer,
                delivery: delivery,
                connection: connection,
                epoch: connection.current
            )
            onDelivery(
                JobDelivery(
                    JobEnvelope(delivery),
                    deliveryCount: delivery.message.deliveryCount,
                    receipt: receipt
                )
            )
        }
    }

    func stopConsuming() async { await consumer.stopConsuming() }

    func pause() async { await consumer.pause() }

    func resume() async { await consumer.resume() }

    func flush() async { await consumer.flush() }
}

/// Which of a consumer's connections is the living one.
private final class ConnectionEpoch: Sendable {
    private let epoch = Lock(0)

    var current: Int { epoch.withLock { $0 } }

    func end() { epoch.withLock { $0 += 1 } }
}

private struct AMQPReceipt: DeliveryReceipt {
    let consumer: AMQPConsumer
    let delivery: AMQPDelivery
    let connection: ConnectionEpoch
    let epoch: Int

    func ack() { consumer.ack(delivery) }
    func requeue() { consumer.reject(delivery, requeue: true) }
    var isLost: Bool { connection.current != epoch }
}
