package import AMQP
import Foundation
package import Jobs

extension AMQPMessage {
    /// - Parameter application: the program that publishes.
    package init(_ envelope: JobEnvelope, application: String) {
        var properties = AMQPProperties()
        properties.messageID = envelope.id
        properties.type = envelope.name
        properties.contentType = "application/json"
        properties.deliveryMode = 2
        properties.timestamp = envelope.enqueuedAt
        properties.appID = application
        properties.correlationID = envelope.correlationID
        properties.headers = envelope.messageHeaders.mapValues { .string($0) }
        // The two that are numbers by nature.
        properties.headers[JobHeader.attempt] = .int(Int64(envelope.attempt))
        properties.headers[JobHeader.version] = .int(Int64(envelope.version))
        self.init(body: envelope.body, properties: properties)
    }

    /// A quorum queue counts in this header how often it handed the message out before.
    var deliveryCount: Int {
        if case .int(let count) = properties.headers["x-delivery-count"] { Int(count) } else { 0 }
    }
}

extension JobEnvelope {
    /// From whatever anybody has published: a message that is no job of ours must still reach the dead letters.
    package init(_ delivery: AMQPDelivery) {
        let properties = delivery.message.properties
        self.init(
            messageID: properties.messageID,
            type: properties.type,
            body: delivery.message.body,
            timestamp: properties.timestamp,
            routingKey: delivery.routingKey,
            correlationID: properties.correlationID,
            messageHeaders: properties.headers.compactMapValues(\.text)
        )
    }
}

extension AMQPValue {
    /// Scalars as text. Tables, arrays and bytes are none of our headers, and are dropped when the job moves on.
    fileprivate var text: String? {
        switch self {
        case .string(let value): value
        case .int(let value): String(value)
        case .double(let value): String(value)
        case .bool(let value): String(value)
        default: nil
        }
    }
}

extension JobPublishError {
    init(_ error: AMQPError) {
        switch error.code {
        case .unroutable: self.init(.unroutable, error.description)
        case .nacked: self.init(.nacked, error.description)
        default: self.init(.unavailable, error.description)
        }
    }
}
