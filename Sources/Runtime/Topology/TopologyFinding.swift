/// One difference between the queue files and the broker.
package struct TopologyFinding: Equatable, Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case missingExchange = "missing exchange"
        case differentExchange = "different exchange"
        case missingQueue = "missing queue"
        case differentQueue = "different queue"
        /// A queue of ours that no file names any more.
        case extraQueue = "extra queue"
        case missingBinding = "missing binding"
        case extraBinding = "extra binding"
        case missingPolicy = "missing policy"
        case differentPolicy = "different policy"
        case extraPolicy = "extra policy"
        /// A policy of somebody else that counts on a queue of ours in place of ours.
        case overridingPolicy = "overriding policy"
        case overridingOperatorPolicy = "overriding operator policy"
    }

    /// What becomes of the difference.
    package enum Repair: Equatable, Sendable {
        /// `wharf queues apply` does this.
        case action(TopologyAction)
        /// It would lose messages, or touch what is not ours: only a person may do it, like this.
        case manual(String)
    }

    package let kind: Kind
    /// The name of what differs.
    package let object: String
    package let expected: String?
    package let found: String?
    package let repair: Repair

    /// How to make it as the files say.
    package var fix: String {
        switch repair {
        case .action: "run `wharf queues apply`"
        case .manual(let steps): steps
        }
    }
}

/// One change of the broker that loses no message.
package enum TopologyAction: Equatable, Sendable {
    case declareExchange(String)
    case putPolicy(BrokerPlan.Policy, isNew: Bool)
    case declareQueue(String)
    case bind(BrokerPlan.Binding)
    case unbind(BrokerPlan.Binding, propertiesKey: String)
    /// - Parameter isQuorum: the broker deletes only other types on the condition that they are empty and unused.
    case removeQueue(String, isQuorum: Bool)
    case removePolicy(String)

    package enum Effect: String, Sendable, CaseIterable { case created, changed, removed }

    package var effect: Effect {
        switch self {
        case .declareExchange, .declareQueue, .bind, .putPolicy(_, isNew: true): .created
        case .putPolicy(_, isNew: false): .changed
        case .unbind, .removeQueue, .removePolicy: .removed
        }
    }

    /// What it makes, changes or removes.
    package var object: String {
        switch self {
        case .declareExchange(let name): "exchange \(name)"
        case .putPolicy(let policy, _): "policy \(policy.name)"
        case .declareQueue(let name), .removeQueue(let name, _): "queue \(name)"
        case .bind(let binding), .unbind(let binding, _): "binding \(binding)"
        case .removePolicy(let name): "policy \(name)"
        }
    }

    /// A queue must not live a moment without its limits, so policies come before queues and go after them; a job must
    /// at no moment be routed nowhere, so old bindings go when the new ones stand.
    var step: Int {
        switch self {
        case .declareExchange: 0
        case .putPolicy: 1
        case .declareQueue: 2
        case .bind: 3
        case .unbind: 4
        case .removeQueue: 5
        case .removePolicy: 6
        }
    }
}

extension BrokerPlan.Binding: CustomStringConvertible {
    public var description: String { "\(routingKey) → \(queue)" }
}
