import AMQP
import Observability

/// Says in logs and metrics what happens to the connections.
struct AMQPEventReporter: Sendable {
    private let logger = Logger(label: "jobs.amqp")
    private let metrics: MetricsRegistry

    init(metrics: MetricsRegistry) { self.metrics = metrics }

    /// - Parameter connection: `publisher`, or the queue that is consumed.
    func observer(of connection: String) -> @Sendable (AMQPEvent) -> Void {
        let logger = logger.with([.name: .string(connection)])
        let up = metrics.gauge(
            "amqp_connection_up",
            help: "1 while the connection to the broker stands.",
            labels: ["connection": connection]
        )
        up.set(0)
        @Sendable func count(_ event: String) {
            metrics.counter(
                "amqp_connection_events_total",
                help: "What happened to connections to the broker.",
                labels: ["connection": connection, "event": event]
            ).increment()
        }
        return { event in
            switch event {
            case .connected:
                up.set(1)
                count("connected")
                logger.info("Connected to the broker")
            case .disconnected(let reason):
                up.set(0)
                count("disconnected")
                logger.warning("Connection to the broker lost", [.reason: .describing(reason)])
            case .reconnecting(let attempt, let delay):
                count("reconnecting")
                logger.info(
                    "Connecting to the broker again",
                    [.attempt: .int(attempt), .delaySeconds: .seconds(delay)]
                )
            case .blocked(let reason):
                count("blocked")
                logger.warning("Broker takes no messages", [.reason: .string(reason)])
            case .unblocked:
                count("unblocked")
                logger.notice("Broker takes messages again")
            case .returned(_, let routingKey):
                count("returned")
                logger.error("Message returned: no queue takes it", [.routingKey: .string(routingKey)])
            case .consumerCancelled(let queue):
                count("consumer_cancelled")
                logger.warning("Broker cancelled the subscription", [.queue: .string(queue)])
            case .staleSettlement:
                count("stale_settlement")
                logger.info("Settlement dropped: its connection is gone")
            }
        }
    }
}
