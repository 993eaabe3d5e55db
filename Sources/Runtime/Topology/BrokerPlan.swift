/// What has to exist on the broker for a ``Topology``: one exchange, and quorum queues with bindings and policies.
///
/// Everything that may change later (TTL, dead-lettering, overflow, delivery limit) stands in policies, one for each
/// queue: a queue's arguments can never be changed, and only one policy applies to a queue.
public struct BrokerPlan: Equatable, Sendable {
    public let exchange: String
    public let queues: [String]
    public let bindings: [Binding]
    public let policies: [Policy]

    public struct Binding: Hashable, Sendable {
        public let queue: String
        public let routingKey: String
    }

    public struct Policy: Equatable, Sendable {
        /// The one queue that it applies to.
        public let queue: String
        public let definition: Definition

        static let prefix = "wharf."

        public var name: String { Self.prefix + queue }

        public var pattern: String { Self.pattern(for: queue) }

        /// Anchored and escaped: `^order.process$` would also match `order_process`.
        static func pattern(for queue: String) -> String {
            "^" + queue.split(separator: ".", omittingEmptySubsequences: false).joined(separator: #"\."#) + "$"
        }
    }

    /// A policy's keys, as RabbitMQ spells them.
    public struct Definition: Codable, Equatable, Sendable {
        public var messageTTL: Int?
        public var deadLetterExchange: String?
        public var deadLetterRoutingKey: String?
        public var deadLetterStrategy: String?
        public var overflow: String?
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
