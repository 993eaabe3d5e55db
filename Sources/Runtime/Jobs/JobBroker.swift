/// What a worker needs of a broker. `InMemoryBroker` here and `AMQPBroker` in JobsAMQP pass the same conformance suite.
public protocol JobBroker: JobPublisher {
    /// - Parameter prefetch: the most messages that may be out unsettled.
    func consumer(of queue: String, prefetch: Int) -> any JobConsumer

    /// Those of `queues` that do not exist.
    func missing(queues: [String]) async throws(JobPublishError) -> [String]

    /// What these queues hold; those that do not exist are left out.
    func depths(of queues: [String]) async throws(JobPublishError) -> [String: QueueDepth]
}

/// What a queue holds, as the broker counts.
public struct QueueDepth: Equatable, Sendable {
    /// Messages that wait to be delivered.
    public let ready: Int
    /// Subscriptions.
    public let consumers: Int

    /// - Parameters:
    ///   - ready: messages that wait to be delivered.
    ///   - consumers: subscriptions.
    public init(ready: Int, consumers: Int) {
        self.ready = ready
        self.consumers = consumers
    }
}

/// A subscription to one queue.
public protocol JobConsumer: Sendable {
    /// Consumes until the task is cancelled, also over lost connections; at the end, what is unsettled goes back to the
    /// queue.
    ///
    /// - Parameter onDelivery: called on the broker's own thread: it must return at once.
    func run(_ onDelivery: @escaping @Sendable (JobDelivery) -> Void) async throws

    /// No more deliveries come; those that came can still be settled.
    func stopConsuming() async

    /// No more deliveries come until ``resume()``, also over lost connections; those that came can still be settled.
    /// Before `run`, it keeps the first from coming.
    func pause() async

    /// Ends a pause.
    func resume() async

    /// Returns when every settlement so far is on its way to the broker.
    func flush() async
}

/// A job that a broker has handed out and waits to hear of.
public struct JobDelivery: Sendable {
    /// The job as its publisher sent it.
    public let envelope: JobEnvelope
    /// How often it was handed out before and came back unsettled, also before workers gave it back.
    public let deliveryCount: Int
    private let receipt: any DeliveryReceipt

    /// - Parameters:
    ///   - deliveryCount: as the broker counts for this one message: 0 at the first delivery.
    ///   - receipt: the adapter's way to settle it.
    public init(_ envelope: JobEnvelope, deliveryCount: Int, receipt: any DeliveryReceipt) {
        self.envelope = envelope
        self.deliveryCount = deliveryCount + envelope.earlierDeliveries
        self.receipt = receipt
    }

    /// The broker forgets the job.
    public func ack() { receipt.ack() }
    /// The broker hands the job out again.
    public func requeue() { receipt.requeue() }
    /// The connection that brought it is gone: the broker hands the job out again, whatever is done here.
    public var isLost: Bool { receipt.isLost }
}

/// How a broker's adapter settles a delivery. Settling twice, or when it is lost, does nothing.
public protocol DeliveryReceipt: Sendable {
    /// The broker forgets the job.
    func ack()
    /// The broker hands the job out again.
    func requeue()
    /// Whether the connection that brought it is gone.
    var isLost: Bool { get }
}
