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
    private let probe: QueueProbe
    private let confirmTime: Histogram

    /// - Parameters:
    ///   - url: `amqp[s]://user:password@host[:port]/vhost`.
    ///   - application: the program's name, in each message's `app_id` and in the broker's list of connections.
    ///   - idleCheck: how long nothing comes from a queue before the broker is asked whether that is right; a
    ///     subscription that brings nothing although messages wait is made anew.
    ///   - metrics: where connection events are counted.
    /// - Throws: `AMQPError` with the code `badURL`.
    public convenience init(
        url: String,
        application: String,
        idleCheck: Duration = .seconds(15),
        logger: Logger = Logger(label: "jobs.amqp"),
        metrics: MetricsRegistry = .shared
    ) throws(AMQPError) {
        let configuration = try AMQPConfiguration(url: url, connectionName: application)
        let events = AMQPEventReporter(logger: logger, metrics: metrics)
        self.init(configuration, application: application, idleCheck: idleCheck, events: events, metrics: metrics)
    }

    private init(
        _ configuration: AMQPConfiguration,
        application: String,
        idleCheck: Duration,
        events: AMQPEventReporter,
        metrics: MetricsRegistry = .shared,
        onConnected: @escaping @Sendable () -> Void = {}
    ) {
        self.configuration = configuration
        self.application = application
        self.idleCheck = idleCheck
        self.events = events
        probe = QueueProbe(configuration)
        confirmTime = metrics.histogram(
            "amqp_publish_confirm_seconds",
            help: "Time until the broker has confirmed a message, or the last one of a batch."
        )
        let report = events.observer(of: "publisher")
        publisher = AMQPPublisher(configuration) { event in
            report(event)
            if case .connected = event { onConnected() }
        }
    }

    /// Connects, runs `body` and disconnects: for programs that publish some jobs and end.
    ///
    /// - Parameters:
    ///   - url: `amqp[s]://user:password@host[:port]/vhost`.
    ///   - application: the program's name, in each message's `app_id` and in the broker's list of connections.
    ///   - timeout: how long connecting may take.
    /// - Throws: `AMQPError` with the code `badURL`, or with the reason why there is no connection in time; what `body`
    ///   throws.
    public static func withConnection(
        url: String,
        application: String,
        timeout: Duration = .seconds(10),
        _ body: (AMQPBroker) async throws -> Void
    ) async throws {
        let configuration = try AMQPConfiguration(url: url, connectionName: application)
        let events = AMQPEventReporter(logger: Logger(label: "jobs.amqp"), metrics: .shared)
        let (connecting, connected) = AsyncStream.makeStream(of: Never.self)
        let broker = AMQPBroker(configuration, application: application, idleCheck: .seconds(15), events: events) {
            connected.finish()
        }
        let running = Task { try await broker.run() }
        let timer = Task {
            try? await Task.sleep(for: timeout)
            connected.finish()
        }
        for await _ in connecting {}
        timer.cancel()
        var failure: (any Error)?
        do {
            try broker.check()
            try await body(broker)
        } catch {
            failure = error
        }
        running.cancel()
        _ = await running.result
        if let failure { throw failure }
    }

    /// Whether jobs can be published at this moment.
    public var isConnected: Bool { publisher.isConnected }

    /// - Throws: why no jobs can be published at this moment.
    public func check() throws(AMQPError) { try publisher.check() }

    /// Keeps the publishing connection until cancelled.
    public func run() async throws {
        defer { Task { [probe] in await probe.close() } }
        try await publisher.run()
    }

    public func publish(_ envelope: JobEnvelope) async throws(JobPublishError) {
        if let error = await publish([envelope])[0] { throw error }
    }

    public func publish(_ batch: [JobEnvelope]) async -> [JobPublishError?] {
        let publications = batch.map { envelope in
            AMQPPublication(
                AMQPMessage(envelope, application: application),
                exchange: Topology.exchange,
                routingKey: envelope.routingKey
            )
        }
        let start = Tracing.Moment.now
        let answers = await publisher.publish(publications) { Failpoint.hit(.outboxAfterPublish) }
            .map { $0.map { JobPublishError($0) } }
        if !answers.contains(where: { $0 != nil }) { confirmTime.observe(start.elapsed) }
        if Tracing.isOn {
            for (envelope, error) in zip(batch, answers) {
                envelope.recordPublish(to: Self.system, since: start, error)
            }
        }
        return answers
    }

    /// By the default exchange, to which every queue is bound by its name.
    public func send(_ envelope: JobEnvelope, toQueue queue: String) async throws(JobPublishError) {
        let start = Tracing.Moment.now
        do {
            let message = AMQPMessage(envelope, application: application)
            try await publisher.publish(message, exchange: "", routingKey: queue)
            confirmTime.observe(start.elapsed)
            envelope.recordPublish(to: Self.system, since: start, nil)
        } catch {
            let error = JobPublishError(error)
            envelope.recordPublish(to: Self.system, since: start, error)
            throw error
        }
    }

    /// What OpenTelemetry calls the broker.
    private static let system = "rabbitmq"

    public func consumer(of queue: String, prefetch: Int) -> any JobConsumer {
        AMQPJobConsumer(configuration, queue: queue, prefetch: prefetch, idleCheck: idleCheck, events: events)
    }

    /// Notices of one topic, published over the broker's own connection and heard over one of the listener's.
    ///
    /// - Parameter topic: one word.
    public func notices(of topic: String) -> AMQPNotices {
        let listener = AMQPListener(
            configuration,
            exchange: AMQPNotices.exchange,
            routingKey: AMQPNotices.routingKey(topic),
            onEvent: events.observer(of: "\(topic) notices")
        )
        // Lost with the connection is lost: whoever listens looks by itself now and then.
        return AMQPNotices(topic: topic, listener: listener) { [publisher] notice in
            _ = await publisher.publish([notice])
        }
    }

    public func missing(queues: [String]) async throws(JobPublishError) -> [String] {
        do {
            return try await AMQPProbe.missing(configuration, queues: queues)
        } catch {
            throw JobPublishError(error)
        }
    }

    public func depths(of queues: [String]) async throws(JobPublishError) -> [String: QueueDepth] {
        do {
            return try await probe.depths(of: queues)
        } catch {
            throw JobPublishError(error)
        }
    }
}
