import AMQP
import Observability

/// Says in logs and metrics what happens to the connections: one constant sentence and one series for each kind.
struct AMQPEventReporter: Sendable {
    private let logger: Logger
    private let metrics: MetricsRegistry

    init(logger: Logger, metrics: MetricsRegistry) {
        self.logger = logger
        self.metrics = metrics
    }

    /// - Parameter connection: `publisher`, or the queue that is consumed.
    func observer(of connection: String) -> @Sendable (AMQPEvent) -> Void {
        let logger = logger.with([.name: .string(connection)])
        let series = ConnectionMetrics(connection: connection, registry: metrics)
        return { event in
            series.count(event)
            switch event {
            case .connected: logger.info("Connected to the broker")
            case .disconnected(let loss, let reason): Self.log(loss, [.reason: .describing(reason)], logger)
            case .reconnecting(let attempt, let delay):
                logger.info(
                    "Connecting to the broker again",
                    [.attempt: .int(attempt), .delaySeconds: .seconds(delay)]
                )
            case .blocked(let reason): logger.warning("Broker takes no messages", [.reason: .string(reason)])
            case .unblocked: logger.notice("Broker takes messages again")
            case .returned(_, let routingKey):
                logger.error("Message returned: no queue takes it", [.routingKey: .string(routingKey)])
            case .consumerCancelled(let queue):
                logger.warning("Broker cancelled the subscription", [.queue: .string(queue)])
            case .stalled(let queue):
                logger.warning("Subscription brought nothing; subscribing again", [.queue: .string(queue)])
            case .staleSettlement: logger.info("Settlement dropped: its connection is gone")
            }
        }
    }

    private static func log(_ loss: AMQPLoss, _ fields: [LogKey: LogValue], _ logger: Logger) {
        switch loss {
        case .broken: logger.warning("Connection to the broker lost", fields)
        case .unreachable: logger.warning("Broker cannot be reached", fields)
        case .refused: logger.error("Broker refuses the login", fields)
        case .closedByBroker: logger.warning("Broker closed the connection", fields)
        case .channelClosed: logger.error("Broker closed the channel", fields)
        case .acknowledgementTimeout: logger.error("Job was held longer than the broker allows", fields)
        case .unconfirmed: logger.warning("Broker confirms nothing that is published", fields)
        }
    }
}
