/// Compares what the queue files plan with what the broker holds. Pure: it reads and changes nothing.
package struct TopologyDiff: Sendable {
    let plan: BrokerPlan
    let state: BrokerState
    let planned: Set<String>
    /// Queues of the files that were, and are not any more.
    let stale: StaleQueues

    package init(plan: BrokerPlan, state: BrokerState) {
        self.plan = plan
        self.state = state
        planned = Set(plan.queues)
        stale = StaleQueues(plan: plan, state: state)
    }

    /// Every difference: first what is missing or wrong, then what is too much.
    package var findings: [TopologyFinding] {
        exchange + policies + queues + missingBindings + extraBindings + stale.findings + extraPolicies
            + overridingPolicies
    }

    /// What ``findings`` can be repaired without losing a message, in an order in which no message is lost either.
    package var actions: [TopologyAction] {
        let actions = findings.compactMap { if case .action(let action) = $0.repair { action } else { nil } }
        // By step and, within one, as found: sorting alone would not keep the order.
        return (0...6).flatMap { step in actions.filter { $0.step == step } }
    }

    /// The queues that ``actions`` remove together with this one.
    func queuesRemoved(with queue: String) -> [String] {
        let group = stale.group(of: queue)
        return actions.compactMap { action in
            if case .removeQueue(let name, _) = action, stale.group(of: name) == group { name } else { nil }
        }
    }

    /// What ``actions`` leave as it is, each with what a person has to do.
    package var refusals: [TopologyFinding] {
        findings.filter { if case .manual = $0.repair { true } else { false } }
    }

    /// How many objects the plan has, and how many of them are as it says.
    package var size: Int { 1 + plan.queues.count + plan.bindings.count + plan.policies.count }
    package var unchanged: Int { size - (exchange + policies + queues + missingBindings).count }

    private var exchange: [TopologyFinding] {
        let expected = BrokerState.Exchange()
        guard let found = state.exchange else {
            return [
                TopologyFinding(
                    kind: .missingExchange,
                    object: plan.exchange,
                    expected: expected.description,
                    found: nil,
                    repair: .action(.declareExchange(plan.exchange))
                )
            ]
        }
        if found == expected { return [] }
        return [
            TopologyFinding(
                kind: .differentExchange,
                object: plan.exchange,
                expected: expected.description,
                found: found.description,
                repair: .manual(
                    "an exchange cannot be changed. Run `rabbitmqadmin -V \(state.virtualHost) delete exchange "
                        + "name=\(plan.exchange)` and at once `wharf queues apply`: meanwhile jobs wait in the outbox"
                )
            )
        ]
    }

    private var queues: [TopologyFinding] {
        let live = Dictionary(state.queues.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        return plan.queues.compactMap { name in
            let expected = BrokerState.Queue(name: name)
            guard let found = live[name] else {
                return TopologyFinding(
                    kind: .missingQueue,
                    object: name,
                    expected: expected.shape,
                    found: nil,
                    repair: .action(.declareQueue(name))
                )
            }
            if found.shape == expected.shape { return nil }
            return TopologyFinding(
                kind: .differentQueue,
                object: name,
                expected: expected.shape,
                found: found.shape,
                repair: .manual(
                    "a queue's type and arguments cannot be changed. Stop its workers once it is empty (\(found.load)), "
                        + "or move its messages elsewhere with a shovel; then run `\(state.deletion(of: found))` and "
                        + "`wharf queues apply`"
                )
            )
        }
    }

    private var missingBindings: [TopologyFinding] {
        let live = Set(state.bindings.filter { isOfJobs($0) && $0.destinationType == "queue" }.compactMap(\.planned))
        return plan.bindings.filter { !live.contains($0) }.map { binding in
            TopologyFinding(
                kind: .missingBinding,
                object: binding.description,
                expected: "bound to \(plan.exchange)",
                found: nil,
                repair: .action(.bind(binding))
            )
        }
    }

    private var extraBindings: [TopologyFinding] {
        let wanted = Set(plan.bindings)
        let taken = Set(plan.bindings.map(\.routingKey))
        return state.bindings.filter { isOfJobs($0) }.sorted { $0.description < $1.description }.compactMap { binding in
            let queue = binding.destination
            guard binding.destinationType == "queue" else { return extra(binding, of: "exchange \(queue)") }
            if let asPlanned = binding.planned, wanted.contains(asPlanned) { return nil }
            // Jobs that nothing else would take still reach a queue that has to stay: its own finding tells of it.
            if stale.keeps(queue), stale.contains(queue), !taken.contains(binding.routingKey) { return nil }
            guard planned.contains(queue) || stale.contains(queue) else { return extra(binding, of: "queue \(queue)") }
            let unwanted = BrokerPlan.Binding(queue: queue, routingKey: binding.routingKey)
            return extra(binding, .action(.unbind(unwanted, propertiesKey: binding.propertiesKey)))
        }
    }

    private func extra(_ binding: BrokerState.Binding, of stranger: String) -> TopologyFinding {
        extra(
            binding,
            .manual(
                "the files know nothing of the \(stranger). If nobody needs its copies of the jobs: `rabbitmqadmin "
                    + "-V \(state.virtualHost) delete binding source=\(plan.exchange) "
                    + "destination_type=\(binding.destinationType) destination=\(binding.destination) "
                    + "properties_key='\(binding.propertiesKey)'`"
            )
        )
    }

    private func extra(_ binding: BrokerState.Binding, _ repair: TopologyFinding.Repair) -> TopologyFinding {
        TopologyFinding(
            kind: .extraBinding,
            object: binding.description,
            expected: nil,
            found: "bound to \(plan.exchange)",
            repair: repair
        )
    }

    private func isOfJobs(_ binding: BrokerState.Binding) -> Bool { binding.source == plan.exchange }
}

extension BrokerState {
    /// The command that deletes a queue. The broker knows the conditions only for types other than quorum.
    func deletion(of queue: Queue) -> String {
        "rabbitmqctl -p \(virtualHost) delete_queue \(queue.name)"
            + (queue.type == "quorum" ? "" : " --if-empty --if-unused")
    }
}

extension BrokerState.Binding: CustomStringConvertible {
    package var description: String {
        "\(routingKey) → \(destinationType == "queue" ? "" : "\(destinationType) ")\(destination)"
            + (arguments.isEmpty ? "" : " with arguments")
    }

    /// As the files could have it: those know no arguments.
    var planned: BrokerPlan.Binding? {
        arguments.isEmpty ? BrokerPlan.Binding(queue: destination, routingKey: routingKey) : nil
    }
}

extension BrokerState.Exchange: CustomStringConvertible {
    package var description: String {
        ([durable ? "durable" : "not durable", type] + (autoDelete ? ["auto-delete"] : [])
            + (isInternal ? ["internal"] : []) + arguments.lines).joined(separator: ", ")
    }
}

extension BrokerState.Queue {
    /// What can never be changed about it.
    var shape: String {
        ([type] + (durable ? [] : ["not durable"]) + (autoDelete ? ["auto-delete"] : [])
            + (exclusive ? ["exclusive"] : []) + arguments.filter { $0.key != "x-queue-type" }.lines)
            .joined(separator: ", ")
    }

    /// Whether we could have made it.
    var isOfOurShape: Bool { shape == BrokerState.Queue(name: name).shape }

    var load: String { "messages: \(messages), consumers: \(consumers)" }
}

extension [String: BrokerValue] {
    /// `key=value`, sorted.
    var lines: [String] { map { "\($0.key)=\($0.value)" }.sorted() }
}
