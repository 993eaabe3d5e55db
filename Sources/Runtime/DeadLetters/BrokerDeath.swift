package import AMQP
package import Foundation

/// One entry of a message's `x-death`: the broker's own note of when and why it took the message out of a queue.
///
/// Source of the keys and reasons: RabbitMQ, "Dead Letter Exchanges", "Effects on Messages".
package struct BrokerDeath: Equatable, Sendable {
    /// `delivery_limit`, `expired`, `rejected` or `maxlen`.
    package let reason: String
    /// The queue that it was taken out of.
    package let queue: String
    package let time: Date?
    /// How often this queue has taken it out for this reason.
    package let count: Int
    /// What it was published with when it reached that queue.
    package let routingKeys: [String]

    /// All that `x-death` holds, the latest first, as the broker writes it. What is malformed is left out.
    package static func all(in headers: [String: AMQPValue]) -> [BrokerDeath] {
        guard case .array(let entries) = headers["x-death"] else { return [] }
        return entries.compactMap { entry in
            guard case .table(let fields) = entry, let reason = fields["reason"]?.stringValue,
                let queue = fields["queue"]?.stringValue
            else { return nil }
            var time: Date?
            if case .timestamp(let date) = fields["time"] { time = date }
            var keys: [String] = []
            if case .array(let values) = fields["routing-keys"] { keys = values.compactMap(\.stringValue) }
            return BrokerDeath(
                reason: reason,
                queue: queue,
                time: time,
                count: fields["count"]?.intValue.map { Int($0) } ?? 1,
                routingKeys: keys
            )
        }
    }

    /// What a worker would have written as the error's type.
    package var errorType: String {
        switch reason {
        case "delivery_limit": "DeliveryLimit"
        case "expired": "Expired"
        case "rejected": "Rejected"
        case "maxlen": "MaxLength"
        default: reason
        }
    }

    /// The reason in an operator's words.
    ///
    /// - Parameter deliveryLimit: of the queue that it was taken out of, where that is known.
    package func sentence(deliveryLimit: Int?) -> String {
        switch reason {
        case "delivery_limit":
            // The broker gives up at the first delivery beyond the limit that comes back (quorum queues).
            let times = deliveryLimit.map { "\($0 + 1) times" } ?? "again and again"
            return "killed its worker \(times): delivery limit of \(queue)"
        case "expired": return "expired in \(queue)"
        case "rejected": return "rejected by a consumer of \(queue)"
        case "maxlen": return "pushed out of \(queue), which was full"
        default: return "taken out of \(queue) by the broker: \(reason)"
        }
    }
}
