/// What has to exist on the broker for a ``Topology``: one exchange, and quorum queues with bindings and policies.
///
/// Everything that may change later (TTL, dead-lettering, overflow, delivery limit) stands in policies, one for each
/// queue: a queue's arguments can never be changed, and only one policy applies to a queue.
public struct BrokerPlan: Equatable, Sendable {
    /// The durable topic exchange that jobs are published to.
    public let exchange: String
    /// Names of the quorum queues, a queue's own before those that belong to it.
    public let queues: [String]
    /// What the exchange sends where.
    public let bindings: [Binding]
    /// One for each queue that messages leave by themselves.
    public let policies: [Policy]

    /// A routing key of the exchange that leads to a queue.
    public struct Binding: Hashable, Sendable {
        /// Where the messages go.
        public let queue: String
        /// Matched as it is, without wildcards.
        public let routingKey: String
    }

    /// What the broker does by itself with messages of one queue.
    public struct Policy: Equatable, Sendable {
        /// The one queue that it applies to.
        public let queue: String
        /// What the policy says.
        public let definition: Definition

        static let prefix = "wharf."

        /// How the management API and `rabbitmqctl` name it.
        public var name: String { Self.prefix + queue }

        /// The regular expression by which the broker applies it to that queue and no other.
        public var pattern: String { Self.pattern(for: queue) }

        /// Anchored and escaped: `^order.process$` would also match `order_process`.
        static func pattern(for queue: String) -> String {
            "^" + queue.split(separator: ".", omittingEmptySubsequences: false).joined(separator: #"\."#) + "$"
        }
    }

    /// A policy's keys, as RabbitMQ spells them.
    public struct Definition: Codable, Equatable, Sendable {
        /// Milliseconds that a message waits before it is dead-lettered.
        public var messageTTL: Int?
        /// Where dead letters go; empty is the default exchange, which routes by queue name.
        public var deadLetterExchange: String?
        /// The queue that dead letters go to.
        public var deadLetterRoutingKey: String?
        /// `at-least-once`: kept until the target has confirmed.
        public var deadLetterStrategy: String?
        /// What a full queue does: `reject-publish` tells the publisher.
        public var overflow: String?
        /// Redeliveries after which a message is dead-lettered.
        public var deliveryLimit: Int?

        private enum CodingKeys: String, CodingKey {
            case messageTTL = "message-ttl"
            case deadLetterExchange = "dead-letter-exchange"
            case deadLetterRoutingKey = "dead-letter-routing-key"
            case deadLetterStrategy = "dead-letter-strategy"
            case overflow
            case deliveryLimit = "delivery-limit"
        }

        /// Dead-letters to `queue` by the default exchange, which reaches that queue and no other.
        ///
        /// A quorum queue keeps a dead letter until its target confirmed it only with the strategy `at-least-once`, and
        /// RabbitMQ takes that strategy only together with the overflow `reject-publish`.
        static func deadLetter(to queue: String, messageTTL: Int? = nil, deliveryLimit: Int? = nil) -> Definition {
            Definition(
                messageTTL: messageTTL,
                deadLetterExchange: "",
                deadLetterRoutingKey: queue,
                deadLetterStrategy: "at-least-once",
                overflow: "reject-publish",
                deliveryLimit: deliveryLimit
            )
        }
    }

    /// The only argument of every queue: arguments can never be changed, policies can.
    static let queueArguments: [String: BrokerValue] = ["x-queue-type": .string("quorum")]

    /// A suspect ran alone each time it was lost, so a few losses are proof enough.
    static let suspectDeliveryLimit = 5

    init(_ queues: [QueueDefinition]) {
        exchange = Topology.exchange
        self.queues = queues.flatMap(\.allQueues)
        bindings = queues.flatMap { queue in
            queue.bindings.map { Binding(queue: queue.name, routingKey: $0) }
                + (queue.urgent == nil ? [] : queue.bindings).map {
                    Binding(queue: queue.urgentQueue, routingKey: QueueDefinition.urgentKey($0))
                }
        }
        // Dead queues have no policy: looking at a dead letter must never count against it.
        policies = queues.flatMap { queue in
            Self.worked(queue.name, of: queue, rung: queue.retryQueue)
                + (queue.urgent == nil ? [] : Self.worked(queue.urgentQueue, of: queue, rung: queue.urgentRetryQueue))
                + [
                    Policy(
                        queue: queue.suspectQueue,
                        definition: .deadLetter(to: queue.deadQueue, deliveryLimit: Self.suspectDeliveryLimit)
                    )
                ]
        }
    }

    /// The policies of a queue that jobs are worked from, and of its rungs.
    private static func worked(_ name: String, of queue: QueueDefinition, rung: (Int) -> String) -> [Policy] {
        [Policy(queue: name, definition: .deadLetter(to: queue.deadQueue, deliveryLimit: queue.deliveryLimit))]
            + queue.retry.rungsSeconds.map { seconds in
                Policy(queue: rung(seconds), definition: .deadLetter(to: name, messageTTL: seconds * 1_000))
            }
    }
}
