import Foundation

extension TopologyDiff {
    var policies: [TopologyFinding] {
        let live = Dictionary(state.policies.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        return plan.policies.compactMap { policy in
            let expected = BrokerState.Policy(policy)
            let found = live[policy.name]
            if found == expected { return nil }
            let fields = found.map { differences(expected.fields, $0.fields) }
            return TopologyFinding(
                kind: found == nil ? .missingPolicy : .differentPolicy,
                object: policy.name,
                expected: fields?.expected ?? expected.fields.lines.joined(separator: ", "),
                found: fields?.found,
                repair: .action(.putPolicy(policy, isNew: found == nil))
            )
        }
    }

    /// Policies named as only ours are, for queues that are no longer planned or never were. One whose queue has to stay
    /// stays with it.
    var extraPolicies: [TopologyFinding] {
        let wanted = Set(plan.policies.map(\.name))
        return state.policies.sorted { $0.name < $1.name }.compactMap { policy in
            guard let queue = policy.plannedQueue, !wanted.contains(policy.name), !stale.keeps(queue) else {
                return nil
            }
            return TopologyFinding(
                kind: .extraPolicy,
                object: policy.name,
                expected: nil,
                found: policy.fields.lines.joined(separator: ", "),
                repair: .action(.removePolicy(policy.name))
            )
        }
    }

    /// Only one policy and one operator policy apply to a queue: somebody else's with a higher priority puts ours out of
    /// force, and one with the same priority may.
    var overridingPolicies: [TopologyFinding] {
        let ours = Dictionary(
            plan.policies.map { ($0.queue, BrokerState.Policy($0)) },
            uniquingKeysWith: { $1 }
        )
        let policies = state.policies.filter { $0.plannedQueue == nil }.map { policy in
            let queues = plan.queues.filter { queue in
                guard policy.applies(to: queue) else { return false }
                let own = ours[queue]
                if let own, policy.priority < own.priority { return false }
                return policy.definition != own?.definition ?? [:]
            }
            return overriding(.overridingPolicy, policy, queues)
        }
        let operators = state.operatorPolicies.map { policy in
            let queues = plan.queues.filter {
                policy.applies(to: $0) && policy.tightens(ours[$0]?.definition ?? [:])
            }
            return overriding(.overridingOperatorPolicy, policy, queues)
        }
        return (policies + operators).compactMap(\.self)
    }

    private func overriding(
        _ kind: TopologyFinding.Kind,
        _ policy: BrokerState.Policy,
        _ queues: [String]
    ) -> TopologyFinding? {
        guard let first = queues.first else { return nil }
        let clear = kind == .overridingPolicy ? "clear_policy" : "clear_operator_policy"
        let others = queues.count > 1 ? " and \(queues.count - 1) more queues of the files" : ""
        return TopologyFinding(
            kind: kind,
            object: policy.name,
            expected: "only the policies of the files on \(first)\(others)",
            found: policy.fields.lines.joined(separator: ", "),
            repair: .manual(
                "it is none of the files': give it a pattern that leaves these queues alone, or run "
                    + "`rabbitmqctl \(clear) -p \(state.virtualHost) '\(policy.name)'`"
            )
        )
    }

    /// Only the fields that differ.
    private func differences(
        _ expected: [String: BrokerValue],
        _ found: [String: BrokerValue]
    ) -> (expected: String, found: String) {
        let names = Set(expected.keys).union(found.keys).filter { expected[$0] != found[$0] }.sorted()
        func show(_ fields: [String: BrokerValue]) -> String {
            names.map { name in fields[name].map { "\(name)=\($0)" } ?? "no \(name)" }.joined(separator: ", ")
        }
        return (show(expected), show(found))
    }
}

extension BrokerState.Policy {
    init(_ policy: BrokerPlan.Policy) {
        self.init(name: policy.name, pattern: policy.pattern, definition: policy.definition.values)
    }

    /// The queue that a policy of ours is named after; `nil` for a policy of somebody else.
    var plannedQueue: String? {
        name.hasPrefix(BrokerPlan.Policy.prefix) ? String(name.dropFirst(BrokerPlan.Policy.prefix.count)) : nil
    }

    /// All that a policy consists of, under the names that RabbitMQ gives it.
    var fields: [String: BrokerValue] {
        definition.merging(
            ["pattern": .string(pattern), "apply-to": .string(applyTo), "priority": .int(priority)]
        ) { $1 }
    }

    /// A pattern that cannot be read here counts as one that matches: better a question too many than one too few.
    func applies(to queue: String) -> Bool {
        guard ["queues", "all", "quorum_queues"].contains(applyTo) else { return false }
        guard let expression = try? NSRegularExpression(pattern: pattern) else { return true }
        return expression.firstMatch(in: queue, range: NSRange(queue.startIndex..., in: queue)) != nil
    }

    /// Whether it changes a policy with this definition, as an operator policy: what only one of them says counts, and of
    /// two numbers the lower one.
    func tightens(_ planned: [String: BrokerValue]) -> Bool {
        definition.contains { key, value in
            if case .int(let limit) = value, case .int(let own) = planned[key] { return limit < own }
            return planned[key] != value
        }
    }
}

extension BrokerPlan.Definition {
    /// As the broker would answer with it.
    var values: [String: BrokerValue] {
        var values: [String: BrokerValue] = [:]
        values["message-ttl"] = messageTTL.map { .int($0) }
        values["dead-letter-exchange"] = deadLetterExchange.map { .string($0) }
        values["dead-letter-routing-key"] = deadLetterRoutingKey.map { .string($0) }
        values["dead-letter-strategy"] = deadLetterStrategy.map { .string($0) }
        values["overflow"] = overflow.map { .string($0) }
        values["delivery-limit"] = deliveryLimit.map { .int($0) }
        return values
    }
}
