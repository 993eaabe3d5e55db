public import Foundation

/// The properties of AMQP 0-9-1's basic class that travel with a message.
public struct AMQPProperties: Hashable, Sendable {
    /// The MIME type of the body.
    public var contentType: String?
    /// The MIME encoding of the body, such as `gzip`.
    public var contentEncoding: String?
    /// What applications and broker plug-ins say beside the standard properties.
    public var headers: [String: AMQPValue] = [:]
    /// 2 is persistent: the message survives a restart of the broker.
    public var deliveryMode: UInt8?
    /// 0 to 9; quorum queues ignore it.
    public var priority: UInt8?
    /// Ties the message to another one or to the request that caused it.
    public var correlationID: String?
    /// The queue that an answer should go to.
    public var replyTo: String?
    /// Time to live in milliseconds, as text.
    public var expiration: String?
    /// Names the message, so that a repeat can be recognised.
    public var messageID: String?
    /// In whole seconds.
    public var timestamp: Date?
    /// What the message is: for a job its name.
    public var type: String?
    /// The publisher's user; the broker refuses a message that names another than the connection's.
    public var userID: String?
    /// The program that published the message.
    public var appID: String?

    /// None of them set: a transient message without headers.
    public init() {}
}

/// A message as it is published.
public struct AMQPMessage: Hashable, Sendable {
    /// The payload, which the broker does not look at.
    public var body: [UInt8]
    /// What travels with the body.
    public var properties: AMQPProperties

    /// A message that can be published to any exchange.
    public init(body: [UInt8], properties: AMQPProperties = AMQPProperties()) {
        self.body = body
        self.properties = properties
    }
}

/// A message as it was delivered.
public struct AMQPDelivery: Sendable {
    /// The message as its publisher sent it; the broker may have added headers such as `x-delivery-count`.
    public let message: AMQPMessage
    /// The number of the delivery on its channel; only means something together with `generation`.
    public let deliveryTag: UInt64
    /// Counts the consumer's channels: a settlement for an earlier one is dropped, since the broker has requeued it.
    public let generation: Int
    /// Whether the broker handed it out before.
    public let redelivered: Bool
    /// The exchange that it was published to; empty for the default one.
    public let exchange: String
    /// The routing key that it was published with.
    public let routingKey: String
    /// The queue that was consumed.
    public let queue: String

    /// Made by consumers and sessions; for tests, by anybody.
    public init(
        message: AMQPMessage,
        deliveryTag: UInt64,
        generation: Int,
        redelivered: Bool,
        exchange: String,
        routingKey: String,
        queue: String
    ) {
        self.message = message
        self.deliveryTag = deliveryTag
        self.generation = generation
        self.redelivered = redelivered
        self.exchange = exchange
        self.routingKey = routingKey
        self.queue = queue
    }
}
