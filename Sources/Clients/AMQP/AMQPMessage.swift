public import Foundation

/// The properties of AMQP 0-9-1's basic class that travel with a message.
public struct AMQPProperties: Hashable, Sendable {
    public var contentType: String?
    public var contentEncoding: String?
    public var headers: [String: AMQPValue] = [:]
    /// 2 is persistent: the message survives a restart of the broker.
    public var deliveryMode: UInt8?
    public var priority: UInt8?
    public var correlationID: String?
    public var replyTo: String?
    /// Time to live in milliseconds, as text.
    public var expiration: String?
    public var messageID: String?
    /// In whole seconds.
    public var timestamp: Date?
    public var type: String?
    public var userID: String?
    public var appID: String?

    public init() {}
}

/// A message as it is published.
public struct AMQPMessage: Hashable, Sendable {
    public var body: [UInt8]
    public var properties: AMQPProperties

    public init(body: [UInt8], properties: AMQPProperties = AMQPProperties()) {
        self.body = body
        self.properties = properties
    }
}

/// A message as it was delivered.
public struct AMQPDelivery: Sendable {
    public let message: AMQPMessage
    /// The number of the delivery on its channel; only means something together with `generation`.
    public let deliveryTag: UInt64
    /// Counts the consumer's channels: a settlement for an earlier one is dropped, since the broker has requeued it.
    public let generation: Int
    public let redelivered: Bool
    public let exchange: String
    public let routingKey: String
    /// The queue that was consumed.
    public let queue: String

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
