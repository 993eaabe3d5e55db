/// What went wrong between us and the broker. Holds no password and no message body.
public struct AMQPError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it was, for callers that decide by it.
    public enum Code: Sendable, Hashable {
        /// The broker's URL is malformed; the message says where and never repeats it.
        case badURL
        /// A text of the message is over 255 bytes, or its headers are larger than a frame.
        case invalidMessage
        /// No connection, or TLS or the handshake failed.
        case connectFailed
        /// The broker refused the user, the password or the virtual host.
        case authentication
        /// The connection broke, or there is none yet; whether a message under way arrived is unknown.
        case connectionLost
        /// The broker closed the connection, with AMQP's reply code.
        case connectionClosed(replyCode: Int)
        /// The broker closed the channel because a delivery was unsettled for longer than its `consumer_timeout`.
        case acknowledgementTimeout
        /// The broker closed the channel, with AMQP's reply code.
        case channelClosed(replyCode: Int)
        /// There is no such queue or exchange.
        case notFound
        /// The broker could not take charge of the message.
        case nacked
        /// No queue is bound for the routing key.
        case unroutable(replyCode: Int, replyText: String)
        /// The broker is short of memory or disk and takes no messages.
        case blocked
        /// The broker did not confirm in time; whether the message arrived is unknown.
        case timeout
        /// The publisher or session was closed.
        case closed
    }

    /// What kind of failure it was.
    public let code: Code
    /// What went wrong, for an operator: without passwords and message bodies.
    public let message: String
    /// Where in the source the error was made, as `#fileID` has it.
    public let file: String
    /// The line there.
    public let line: Int

    /// - Parameters:
    ///   - message: for an operator: it holds no password and no message body.
    public init(_ code: Code, _ message: String, file: String = #fileID, line: Int = #line) {
        self.code = code
        self.message = message
        self.file = file
        self.line = line
    }

    /// Whether the same call can succeed later without anybody changing anything.
    public var isRetriable: Bool {
        switch code {
        case .connectFailed, .connectionLost, .connectionClosed, .acknowledgementTimeout, .nacked, .blocked, .timeout:
            true
        case .badURL, .invalidMessage, .authentication, .channelClosed, .notFound, .unroutable, .closed: false
        }
    }

    public var description: String { message }
}
