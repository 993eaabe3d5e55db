import CRabbitMQ
import Foundation

extension AMQPProperties {
    /// The properties as librabbitmq takes them; they point into `arena`.
    func encoded(in arena: TableArena) -> amqp_basic_properties_t {
        var result = amqp_basic_properties_t()
        func set<Value>(
            _ flag: Int32,
            _ path: WritableKeyPath<amqp_basic_properties_t, Value>,
            _ value: Value?
        ) {
            guard let value else { return }
            result._flags |= UInt32(flag)
            result[keyPath: path] = value
        }
        set(AMQP_BASIC_CONTENT_TYPE_FLAG, \.content_type, contentType.map(arena.text))
        set(AMQP_BASIC_CONTENT_ENCODING_FLAG, \.content_encoding, contentEncoding.map(arena.text))
        set(AMQP_BASIC_HEADERS_FLAG, \.headers, headers.isEmpty ? nil : arena.table(headers))
        set(AMQP_BASIC_DELIVERY_MODE_FLAG, \.delivery_mode, deliveryMode)
        set(AMQP_BASIC_PRIORITY_FLAG, \.priority, priority)
        set(AMQP_BASIC_CORRELATION_ID_FLAG, \.correlation_id, correlationID.map(arena.text))
        set(AMQP_BASIC_REPLY_TO_FLAG, \.reply_to, replyTo.map(arena.text))
        set(AMQP_BASIC_EXPIRATION_FLAG, \.expiration, expiration.map(arena.text))
        set(AMQP_BASIC_MESSAGE_ID_FLAG, \.message_id, messageID.map(arena.text))
        set(AMQP_BASIC_TIMESTAMP_FLAG, \.timestamp, timestamp?.amqpSeconds)
        set(AMQP_BASIC_TYPE_FLAG, \.type, type.map(arena.text))
        set(AMQP_BASIC_USER_ID_FLAG, \.user_id, userID.map(arena.text))
        set(AMQP_BASIC_APP_ID_FLAG, \.app_id, appID.map(arena.text))
        return result
    }

    init(_ raw: amqp_basic_properties_t) {
        func text(_ flag: Int32, _ bytes: amqp_bytes_t) -> String? {
            raw._flags & UInt32(flag) != 0 ? String(bytes) : nil
        }
        func has(_ flag: Int32) -> Bool { raw._flags & UInt32(flag) != 0 }
        contentType = text(AMQP_BASIC_CONTENT_TYPE_FLAG, raw.content_type)
        contentEncoding = text(AMQP_BASIC_CONTENT_ENCODING_FLAG, raw.content_encoding)
        headers = has(AMQP_BASIC_HEADERS_FLAG) ? [String: AMQPValue](raw.headers) : [:]
        deliveryMode = has(AMQP_BASIC_DELIVERY_MODE_FLAG) ? raw.delivery_mode : nil
        priority = has(AMQP_BASIC_PRIORITY_FLAG) ? raw.priority : nil
        correlationID = text(AMQP_BASIC_CORRELATION_ID_FLAG, raw.correlation_id)
        replyTo = text(AMQP_BASIC_REPLY_TO_FLAG, raw.reply_to)
        expiration = text(AMQP_BASIC_EXPIRATION_FLAG, raw.expiration)
        messageID = text(AMQP_BASIC_MESSAGE_ID_FLAG, raw.message_id)
        timestamp =
            has(AMQP_BASIC_TIMESTAMP_FLAG) ? Date(timeIntervalSince1970: Double(raw.timestamp)) : nil
        type = text(AMQP_BASIC_TYPE_FLAG, raw.type)
        userID = text(AMQP_BASIC_USER_ID_FLAG, raw.user_id)
        appID = text(AMQP_BASIC_APP_ID_FLAG, raw.app_id)
    }
}
