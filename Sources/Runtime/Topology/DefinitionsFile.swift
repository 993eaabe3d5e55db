package import Foundation

/// RabbitMQ's own file of definitions for a plan, for brokers that are filled by other means than `wharf queues apply`.
///
/// Everything is sorted, so that two exports of the same files are the same bytes.
package struct DefinitionsFile: Sendable {
    private let plan: BrokerPlan
    private let virtualHost: String?

    /// - Parameter virtualHost: named in every entry, for a file that fills a whole broker (`load_definitions`,
    ///   `rabbitmqctl import_definitions`); `nil` for a file that is imported into a virtual host that is named then
    ///   (`POST /api/definitions/VHOST`).
    package init(_ plan: BrokerPlan, virtualHost: String? = nil) {
        self.plan = plan
        self.virtualHost = virtualHost
    }

    package func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(definitions)
    }

    private var definitions: Definitions {
        Definitions(
            vhosts: virtualHost.map { [.init(name: $0)] },
            exchanges: [.init(name: plan.exchange, vhost: virtualHost)],
            queues: plan.queues.sorted().map { .init(name: $0, vhost: virtualHost) },
            bindings: plan.bindings.sorted { ($0.routingKey, $0.queue) < ($1.routingKey, $1.queue) }.map {
                .init(source: plan.exchange, destination: $0.queue, routingKey: $0.routingKey, vhost: virtualHost)
            },
            policies: plan.policies.sorted { $0.name < $1.name }.map {
                PolicyBody(.init($0), virtualHost: virtualHost)
            }
        )
    }
}

private struct Definitions: Encodable {
    struct VirtualHost: Encodable { let name: String }

    struct Exchange: Encodable {
        let name: String
        let vhost: String?
        let type = "topic"
        let durable = true
        let autoDelete = false
        let isInternal = false
        let arguments: [String: BrokerValue] = [:]

        private enum CodingKeys: String, CodingKey {
            case name, vhost, type, durable, arguments
            case autoDelete = "auto_delete"
            case isInternal = "internal"
        }
    }

    struct Queue: Encodable {
        let name: String
        let vhost: String?
        let durable = true
        let autoDelete = false
        let arguments = BrokerPlan.queueArguments

        private enum CodingKeys: String, CodingKey {
            case name, vhost, durable, arguments
            case autoDelete = "auto_delete"
        }
    }

    struct Binding: Encodable {
        let source: String
        let destination: String
        let destinationType = "queue"
        let routingKey: String
        let arguments: [String: BrokerValue] = [:]
        let vhost: String?

        private enum CodingKeys: String, CodingKey {
            case source, destination, arguments, vhost
            case destinationType = "destination_type"
            case routingKey = "routing_key"
        }
    }

    let vhosts: [VirtualHost]?
    let exchanges: [Exchange]
    let queues: [Queue]
    let bindings: [Binding]
    let policies: [PolicyBody]
}

/// A policy as the management takes it.
struct PolicyBody: Encodable {
    private let policy: BrokerState.Policy
    private let virtualHost: String?

    init(_ policy: BrokerState.Policy, virtualHost: String? = nil) {
        self.policy = policy
        self.virtualHost = virtualHost
    }

    private enum CodingKeys: String, CodingKey {
        case name, pattern, priority, definition, vhost
        case applyTo = "apply-to"
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(policy.name, forKey: .name)
        try fields.encode(policy.pattern, forKey: .pattern)
        try fields.encode(policy.applyTo, forKey: .applyTo)
        try fields.encode(policy.priority, forKey: .priority)
        try fields.encode(policy.definition, forKey: .definition)
        try fields.encodeIfPresent(virtualHost, forKey: .vhost)
    }
}
