public import AMQP
public import Jobs
public import Lifecycle
public import Observability
import Topology

/// Jobs over RabbitMQ.
///
/// ``run()`` keeps the publishing connection; each consumer has a connection of its own, so that a broker that slows
/// down publishers (it blocks whole connections) never holds up settlements.
public final class AMQPBroker: JobBroker, Service {
    private let configuration: AMQPConfiguration
    private let application: String
    private let idleCheck: Duration
    private let publisher: AMQPPublisher
    private let events: AMQPEventReporter

    /// - Parameters:
    ///   - url: `amqp[s]://user:password@host[:port]/vhost`.
    ///   - application: the program's name, in each message's `app_id` and in the broker's list of connections.
    ///   - idleCheck: how long nothing comes from a queue before the broker is asked whether that is right; a
    ///     subscription that brings nothing although messages wait is made anew.
    ///   - metrics: where connection events are counted.
    /// - Throws: `AMQPError` with the code `badURL`.
    public init(
        url: String,
        application: String,
        idleCheck: Duration = .seconds(15),
        logger: Logger = Logger(label: "jobs.amqp"),
        metrics: MetricsRegistry = .shared
    ) throws(AMQPError) {
        let configuration = try AMQPConfiguration(url: url, connectionName: application)
        self.configuration = configuration
        self.application = application
        self.idleCheck = idleCheck
        events = AMQPEventReporter(logger: logger, metrics: metrics)
        publisher = AMQPPublisher(configuration, onEvent: events.observer(of: "publisher"))
    }

    /// Whether jobs can be published at this moment.
    public var isConnected: Bool { publisher.isConnected }

    /// - Throws: why no jobs can be published at this moment.
    public func check() throws(AMQPError) { try publisher.check() }

    /// Keeps the publishing connection until cancelled.
    public func run() async throws { try await publisher.run() }

    public func publish(_ envelope: JobEnvelope) async throws(JobPublishError) {
        try await publish(envelope, exchange: Topology.exchange, routingKey: envelope.routingKey)
    }

    /// By the default exchange, to which every queue is bound by its name.
    public func send(_ envelope: JobEnvelope, toQueue queue: String) async throws(JobPublishError) {
        try await publish(envelope, exchange: "", routingKey: queue)
    }

    private func publish(_ envelope: JobEnvelope, exchange: String, routingKey: String) async throws(JobPublishError) {
        do {
            let message = AMQPMessage(envelope, application: application)
            try await publisher.publish(message, exchange: exchange, routingKey: routingKey)
        } catch {
            throw JobPublishError(error)
        }
    }

    public func consumer(of queue: String, prefetch: Int) -> any JobConsumer {
        AMQPJobConsumer(configuration, queue: queue, prefetch: prefetch, idleCheck: idleCheck, events: events)
    }

    public func missing(queues: [String]) async throws(JobPublishError) -> [String] {
        do {
            return try await AMQPProbe.missing(configuration, queues: queues)
        } catch {
            throw JobPublishError(error)
        }
    }
}
