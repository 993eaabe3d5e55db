extension AMQPMessage {
    /// The frame size asked for at login; the default of RabbitMQ and of librabbitmq.
    static let frameSize = 131_072

    /// Refuses what cannot be encoded before any byte of it is written: librabbitmq would notice in the middle of the
    /// message, and the half-sent message would cost everybody the connection.
    func validate(exchange: String, routingKey: String) throws(AMQPError) {
        let texts: [(String, String?)] = [
            ("exchange", exchange), ("routing key", routingKey), ("content_type", properties.contentType),
            ("content_encoding", properties.contentEncoding), ("type", properties.type),
            ("message_id", properties.messageID), ("correlation_id", properties.correlationID),
            ("user_id", properties.userID), ("app_id", properties.appID), ("reply_to", properties.replyTo),
            ("expiration", properties.expiration),
        ]
        for (name, text) in texts where (text?.utf8.count ?? 0) > 255 {
            throw AMQPError(.invalidMessage, "the message's \(name) is longer than 255 bytes")
        }
        guard !properties.headers.isEmpty else { return }
        guard Self.keysFit(.table(properties.headers)) else {
            throw AMQPError(.invalidMessage, "a header name of the message is longer than 255 bytes")
        }
        // 4 KiB for the frame's own fields and the other properties, which are 2.1 KiB at most.
        guard AMQPValue.wireSize(of: properties.headers) <= Self.frameSize - 4096 else {
            throw AMQPError(.invalidMessage, "the message's headers are larger than \(Self.frameSize - 4096) bytes")
        }
    }

    private static func keysFit(_ value: AMQPValue) -> Bool {
        switch value {
        case .table(let entries): entries.allSatisfy { $0.key.utf8.count <= 255 && keysFit($0.value) }
        case .array(let values): values.allSatisfy(keysFit)
        default: true
        }
    }
}
extension AMQPValue {
    /// Bytes on the wire, without the key and with the one-byte kind.
    var wireSize: Int {
        switch self {
        case .string(let text): 5 + text.utf8.count
        case .bytes(let bytes): 5 + bytes.count
        case .int, .double, .timestamp: 9
        case .bool: 2
        case .null: 1
        case .table(let entries): 1 + AMQPValue.wireSize(of: entries)
        case .array(let values): 5 + values.reduce(0) { $0 + $1.wireSize }
        }
    }

    /// Bytes on the wire of a whole table, with its four-byte length.
    static func wireSize(of table: [String: AMQPValue]) -> Int {
        table.reduce(4) { $0 + 1 + $1.key.utf8.count + $1.value.wireSize }
    }
}
