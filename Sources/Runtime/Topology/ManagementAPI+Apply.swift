import Foundation

extension ManagementAPI {
    /// What the virtual host holds now; counts of messages and consumers are as old as the broker's statistics.
    package func state(of plan: BrokerPlan) async throws(ManagementError) -> BrokerState {
        // First, since it is there whenever the virtual host is.
        let queues: [BrokerState.Queue] = try await get("queues/\(virtualHost)")
        let exchange: BrokerState.Exchange?
        do {
            exchange = try await get("exchanges/\(virtualHost)/\(escape(plan.exchange))")
        } catch .missing {
            exchange = nil
        }
        let bindings: [BrokerState.Binding] = try await get("bindings/\(virtualHost)")
        return BrokerState(
            virtualHost: virtualHost.removingPercentEncoding ?? virtualHost,
            exchange: exchange,
            queues: queues,
            bindings: bindings.filter { !$0.source.isEmpty },
            policies: try await get("policies/\(virtualHost)"),
            operatorPolicies: try await get("operator-policies/\(virtualHost)")
        )
    }

    /// How the broker differs from the plan.
    package func diff(_ plan: BrokerPlan) async throws(ManagementError) -> TopologyDiff {
        TopologyDiff(plan: plan, state: try await state(of: plan))
    }

    /// Makes the broker as the plan says, as far as no message can be lost by it. Running it again changes nothing.
    @discardableResult
    package func apply(_ plan: BrokerPlan) async throws(ManagementError) -> ApplyReport {
        try await apply(try await diff(plan))
    }

    /// Takes the actions of a diff, in their order.
    package func apply(_ diff: TopologyDiff) async throws(ManagementError) -> ApplyReport {
        var report = ApplyReport(diff)
        for action in diff.actions {
            if case .removeQueue(let name, _) = action, !report.hasLooked(at: name) {
                // By now nothing is routed to them any more.
                report.looked(at: name, found: try await firstInUse(diff.queuesRemoved(with: name)))
            }
            guard !report.mustKeep(action) else { continue }
            if let reason = try await perform(action, exchange: diff.plan.exchange) {
                report.kept(action, because: reason)
            } else {
                report.done.append(action)
            }
        }
        return report
    }

    /// What a diff knows of messages are statistics, some seconds old; this asks the queues themselves.
    private func firstInUse(_ queues: [String]) async throws(ManagementError) -> String? {
        for queue in queues {
            let path = "queues/\(virtualHost)/\(escape(queue))/get"
            do {
                let messages: [Ignored] = try decode(try await send("POST", path, Look()), "POST /api/\(path)")
                if !messages.isEmpty { return queue }
            } catch .missing {}
        }
        return nil
    }

    /// - Returns: why it could not be done without losing a message, or `nil` when it is done.
    private func perform(_ action: TopologyAction, exchange: String) async throws(ManagementError) -> String? {
        func path(_ queue: String) -> String { "bindings/\(virtualHost)/e/\(escape(exchange))/q/\(escape(queue))" }
        switch action {
        case .declareExchange(let name):
            try await send(
                "PUT",
                "exchanges/\(virtualHost)/\(escape(name))",
                ExchangeBody(type: "topic", durable: true)
            )
        case .putPolicy(let policy, _):
            try await send("PUT", "policies/\(virtualHost)/\(escape(policy.name))", PolicyBody(.init(policy)))
        case .declareQueue(let name):
            let body = QueueBody(durable: true, arguments: BrokerPlan.queueArguments)
            try await send("PUT", "queues/\(virtualHost)/\(escape(name))", body)
        case .bind(let binding):
            try await send("POST", path(binding.queue), BindingBody(routingKey: binding.routingKey))
        case .unbind(let binding, let propertiesKey):
            try await delete("\(path(binding.queue))/\(escape(propertiesKey))")
        case .removePolicy(let name):
            try await delete("policies/\(virtualHost)/\(escape(name))")
        case .removeQueue(let name, let isQuorum):
            // A quorum queue knows no deletion on a condition.
            let condition = isQuorum ? "" : "?if-empty=true&if-unused=true"
            do {
                try await delete("queues/\(virtualHost)/\(escape(name))\(condition)")
            } catch .failed(_, status: 400, let reason) {
                return reason
            }
        }
        return nil
    }

    /// What is gone already is no failure.
    private func delete(_ path: String) async throws(ManagementError) {
        do { try await send("DELETE", path) } catch .missing {}
    }
}

private struct ExchangeBody: Encodable {
    let type: String
    let durable: Bool
}

private struct QueueBody: Encodable {
    let durable: Bool
    let arguments: [String: BrokerValue]
}

private struct BindingBody: Encodable {
    let routingKey: String

    private enum CodingKeys: String, CodingKey { case routingKey = "routing_key" }
}

/// One message, put back at once.
private struct Look: Encodable {
    let count = 1
    let ackmode = "ack_requeue_true"
    let encoding = "base64"
}

private struct Ignored: Decodable {}
