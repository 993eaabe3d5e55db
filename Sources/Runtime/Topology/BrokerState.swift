/// What a virtual host holds at a moment, as far as it concerns ``BrokerPlan``.
package struct BrokerState: Equatable, Sendable {
    package var virtualHost: String
    /// The one that jobs are published to; `nil` where there is none of that name.
    package var exchange: Exchange?
    package var queues: [Queue] = []
    /// Of every exchange but the default one.
    package var bindings: [Binding] = []
    package var policies: [Policy] = []
    package var operatorPolicies: [Policy] = []

    package struct Exchange: Equatable, Sendable {
        package var type = "topic"
        package var durable = true
        package var autoDelete = false
        package var isInternal = false
        package var arguments: [String: BrokerValue] = [:]
    }

    package struct Queue: Equatable, Sendable {
        package var name: String
        package var type = "quorum"
        package var durable = true
        package var autoDelete = false
        package var exclusive = false
        package var arguments = BrokerPlan.queueArguments
        /// Waiting or with a consumer. From the broker's statistics, which are some seconds old.
        package var messages = 0
        package var consumers = 0
    }

    package struct Binding: Hashable, Sendable, Decodable {
        package var source: String
        package var destination: String
        /// `queue` or `exchange`.
        package var destinationType = "queue"
        package var routingKey: String
        package var arguments: [String: BrokerValue] = [:]
        /// How the management names this binding among those of the same source and destination.
        package var propertiesKey: String

        private enum CodingKeys: String, CodingKey {
            case source, destination, arguments
            case destinationType = "destination_type"
            case routingKey = "routing_key"
            case propertiesKey = "properties_key"
        }
    }

    package struct Policy: Equatable, Sendable, Decodable {
        package var name: String
        package var pattern: String
        package var applyTo = "queues"
        package var priority = 0
        package var definition: [String: BrokerValue]

        private enum CodingKeys: String, CodingKey {
            case name, pattern, priority, definition
            case applyTo = "apply-to"
        }
    }
}

extension BrokerState.Exchange: Decodable {
    private enum CodingKeys: String, CodingKey {
        case type, durable, arguments
        case autoDelete = "auto_delete"
        case isInternal = "internal"
    }
}

extension BrokerState.Queue: Decodable {
    private enum CodingKeys: String, CodingKey {
        case name, type, durable, exclusive, arguments, messages, consumers
        case autoDelete = "auto_delete"
    }

    /// A queue that was just made has no counts yet.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        name = try fields.decode(String.self, forKey: .name)
        type = try fields.decode(String.self, forKey: .type)
        durable = try fields.decode(Bool.self, forKey: .durable)
        autoDelete = try fields.decode(Bool.self, forKey: .autoDelete)
        exclusive = try fields.decodeIfPresent(Bool.self, forKey: .exclusive) ?? false
        arguments = try fields.decode([String: BrokerValue].self, forKey: .arguments)
        messages = try fields.decodeIfPresent(Int.self, forKey: .messages) ?? 0
        consumers = try fields.decodeIfPresent(Int.self, forKey: .consumers) ?? 0
    }
}
