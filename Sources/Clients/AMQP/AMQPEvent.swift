/// What happens to a connection, for logs and metrics.
public enum AMQPEvent: Sendable, Equatable {
    /// The connection stands and can be used.
    case connected
    /// There is no connection, or none any more.
    case disconnected(AMQPLoss, reason: String)
    /// The next try comes after this delay.
    case reconnecting(attempt: Int, delay: Duration)
    /// The broker is short of memory or disk.
    case blocked(reason: String)
    /// The broker takes messages again after `blocked`.
    case unblocked
    /// A message was not routable.
    case returned(exchange: String, routingKey: String)
    /// The broker ended the subscription, because its queue was deleted or lost its leader.
    case consumerCancelled(queue: String)
    /// The subscription stands, but brings nothing although messages wait, or is unknown to the broker: it is made anew.
    case stalled(queue: String)
    /// A settlement came for a delivery of a channel that is gone.
    case staleSettlement
}

/// Why there is no connection. All but ``refused`` mend themselves, or are mended by whoever mends the network, the
/// broker or its queues.
public enum AMQPLoss: Sendable, Hashable {
    /// It broke: the network, or a broker that was killed.
    case broken
    /// Nobody answers at the address, or the handshake fails.
    case unreachable
    /// The broker does not take the user, the password or the virtual host.
    case refused
    /// The broker said goodbye, with AMQP's reply code: it stops (320), or an operator closed the connection.
    case closedByBroker(replyCode: Int)
    /// The broker objected to something on the channel, with AMQP's reply code, such as 404 for a queue that is missing.
    case channelClosed(replyCode: Int)
    /// A delivery was unsettled for longer than the broker's `consumer_timeout`.
    case acknowledgementTimeout
    /// It stood, but the broker confirmed nothing of what was published, or refused all of it that was for one address.
    case unconfirmed

    init(_ error: AMQPError) {
        self =
            switch error.code {
            case .connectFailed, .badURL: .unreachable
            case .authentication: .refused
            case .connectionClosed(let replyCode): .closedByBroker(replyCode: replyCode)
            case .channelClosed(let replyCode): .channelClosed(replyCode: replyCode)
            case .notFound: .channelClosed(replyCode: 404)
            case .acknowledgementTimeout: .acknowledgementTimeout
            case .timeout: .unconfirmed
            default: .broken
            }
    }
}
