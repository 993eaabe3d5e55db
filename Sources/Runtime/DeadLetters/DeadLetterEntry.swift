package import AMQP
package import Jobs
import JobsAMQP

/// One message of a dead-letter queue, as an operator reads it, whoever put it there.
package struct DeadLetterEntry: Sendable {
    /// The job. Its headers are without the broker's.
    package let envelope: JobEnvelope
    package let letter: DeadLetter
    /// The broker's notes, the latest first; empty for what a worker put here.
    package let deaths: [BrokerDeath]
    /// The message's id; `nil` for a message that somebody published without one.
    package let id: String?

    /// - Parameter deliveryLimits: by queue.
    package init(_ delivery: AMQPDelivery, deliveryLimits: [String: Int]) {
        let properties = delivery.message.properties
        var envelope = JobEnvelope(delivery)
        id = properties.messageID
        deaths = BrokerDeath.all(in: properties.headers)
        // Without a type, the first key that the message ever had is what names it: the one here is the dead queue's.
        if properties.type == nil, properties.headers[JobHeader.originalRoutingKey] == nil,
            let key = deaths.last?.routingKeys.first
        {
            envelope.name = key
            envelope.routingKey = key
        }
        self.envelope = envelope
        letter = DeadLetter(envelope) ?? Self.brokersLetter(envelope, deaths.first, deliveryLimits)
    }

    private static func brokersLetter(
        _ envelope: JobEnvelope,
        _ death: BrokerDeath?,
        _ deliveryLimits: [String: Int]
    ) -> DeadLetter {
        let died = death?.time ?? envelope.enqueuedAt
        return DeadLetter(
            reason: death?.sentence(deliveryLimit: death.flatMap { deliveryLimits[$0.queue] })
                ?? "put here by hand: neither a worker nor the broker says why",
            errorType: death?.errorType ?? "Unknown",
            attempts: envelope.attempt,
            firstFailureAt: envelope.firstFailureAt ?? died,
            lastFailureAt: died,
            worker: "",
            originalRoutingKey: envelope.routingKey
        )
    }
}
