import Foundation
package import HTTPClient

/// RabbitMQ's management plugin, as far as queues need it.
package struct ManagementAPI: Sendable {
    private let base: String
    private let virtualHost: String
    private let client: HTTPClient

    /// - Parameter url: `http://user:password@host:15672[/vhost]`; without a path, the virtual host is `/`.
    package init(url: String, client: HTTPClient) throws(ManagementError) {
        guard var parts = URLComponents(string: url), ["http", "https"].contains(parts.scheme), parts.host != nil else {
            throw .badURL
        }
        let path = parts.percentEncodedPath
        virtualHost = path.count > 1 ? String(path.dropFirst()) : "%2F"
        parts.percentEncodedPath = "/api/"
        guard let base = parts.string else { throw .badURL }
        self.base = base
        self.client = client
    }

    /// Makes the broker as the plan says. Running it again changes nothing; nothing that holds messages is deleted.
    ///
    /// A binding of a planned queue that is no longer in the plan is removed after the new ones stand, so that a job
    /// that was routed elsewhere goes there only, and at no moment nowhere.
    package func apply(_ plan: BrokerPlan) async throws(ManagementError) {
        try await put("exchanges", plan.exchange, ExchangeBody(type: "topic", durable: true))
        // Policies first: a queue must not live a moment without its limits.
        for policy in plan.policies {
            let body = PolicyBody(
                pattern: policy.pattern,
                applyTo: "queues",
                priority: 0,
                definition: policy.definition
            )
            try await put("policies", policy.name, body)
        }
        for queue in plan.queues { try await put("queues", queue, QueueBody()) }
        for binding in plan.bindings {
            let path = "bindings/\(virtualHost)/e/\(escape(plan.exchange))/q/\(escape(binding.queue))"
            try await send("POST", path, BindingBody(routingKey: binding.routingKey))
        }
        let planned = Set(plan.bindings)
        for binding in try await bindings(of: plan.exchange)
        where plan.queues.contains(binding.destination) && !planned.contains(binding.planned) {
            let path = "bindings/\(virtualHost)/e/\(escape(plan.exchange))/q/\(escape(binding.destination))"
            try await send("DELETE", "\(path)/\(escape(binding.propertiesKey))")
        }
    }

    /// Every queue of the virtual host, sorted by name.
    package func queues() async throws(ManagementError) -> [QueueStatus] {
        let queues: [QueueStatus] = try await get("queues/\(virtualHost)")
        return queues.sorted { $0.name < $1.name }
    }

    private func bindings(of exchange: String) async throws(ManagementError) -> [LiveBinding] {
        let all: [LiveBinding] = try await get("exchanges/\(virtualHost)/\(escape(exchange))/bindings/source")
        return all.filter { $0.destinationType == "queue" }
    }

    private func put(_ kind: String, _ name: String, _ body: some Encodable) async throws(ManagementError) {
        try await send("PUT", "\(kind)/\(virtualHost)/\(escape(name))", body)
    }

    private func get<Answer: Decodable>(_ path: String) async throws(ManagementError) -> Answer {
        let answer = try await exchange("GET", path, nil)
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(answer))
        } catch {
            throw .unexpectedAnswer("GET /api/\(path)")
        }
    }

    private func send(_ method: String, _ path: String, _ body: some Encodable = [String: String]())
        async throws(ManagementError)
    {
        let json: [UInt8]
        do {
            json = Array(try JSONEncoder().encode(body))
        } catch {
            throw .unexpectedAnswer("a body that cannot be encoded")
        }
        _ = try await exchange(method, path, json)
    }

    private func exchange(_ method: String, _ path: String, _ body: [UInt8]?) async throws(ManagementError) -> [UInt8] {
        let request = HTTPRequest(
            method: method,
            url: base + path,
            headers: [("Content-Type", "application/json")],
            body: body,
            timeout: .seconds(15)
        )
        let response: HTTPResponse
        do {
            response = try await client.send(request)
        } catch {
            throw .unreachable(String(describing: error))
        }
        switch response.status {
        case 200..<300: return response.body
        case 401, 403: throw .refused(status: response.status)
        case 404: throw .missing("/api/\(path)", reason: Self.reason(response.body))
        default: throw .failed("\(method) /api/\(path)", status: response.status, reason: Self.reason(response.body))
        }
    }

    private static func reason(_ body: [UInt8]) -> String {
        struct Failure: Decodable { let reason: String }
        return (try? JSONDecoder().decode(Failure.self, from: Data(body)).reason)
            ?? String(decoding: body.prefix(300), as: UTF8.self)
    }

    private func escape(_ name: String) -> String {
        name.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(.init(charactersIn: "-._~"))) ?? name
    }
}

private struct ExchangeBody: Encodable {
    let type: String
    let durable: Bool
}

private struct QueueBody: Encodable {
    let durable = true
    /// The only argument: arguments can never be changed, policies can.
    let arguments = ["x-queue-type": "quorum"]
}

private struct BindingBody: Encodable {
    let routingKey: String

    private enum CodingKeys: String, CodingKey { case routingKey = "routing_key" }
}

private struct PolicyBody: Encodable {
    let pattern: String
    let applyTo: String
    let priority: Int
    let definition: BrokerPlan.Definition

    private enum CodingKeys: String, CodingKey {
        case pattern, priority, definition
        case applyTo = "apply-to"
    }
}

private struct LiveBinding: Decodable {
    let destination: String
    let destinationType: String
    let routingKey: String
    let propertiesKey: String

    var planned: BrokerPlan.Binding { .init(queue: destination, routingKey: routingKey) }

    private enum CodingKeys: String, CodingKey {
        case destination
        case destinationType = "destination_type"
        case routingKey = "routing_key"
        case propertiesKey = "properties_key"
    }
}
