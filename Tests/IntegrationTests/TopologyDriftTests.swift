import Foundation
import HTTPClient
import TestSupport
import Testing
import Topology

/// What somebody changes on the broker by hand is found, and repaired where no message can be lost by it.
@Suite struct TopologyDriftTests {
    /// Calls of the management API, each `METHOD path body`, with `{v}` for the virtual host.
    struct Drift: Sendable, CustomTestStringConvertible {
        let kind: TopologyFinding.Kind
        let object: String
        /// Whether `apply` repairs it.
        var isRepaired = true
        let calls: [String]

        var testDescription: String { "\(kind.rawValue) \(object)" }
    }

    static let drifts: [Drift] = [
        Drift(kind: .missingQueue, object: "a.b.retry.60s", calls: ["DELETE queues/{v}/a.b.retry.60s"]),
        Drift(
            kind: .extraQueue,
            object: "a.b.retry.7s",
            calls: [#"PUT queues/{v}/a.b.retry.7s {"durable":true,"arguments":{"x-queue-type":"quorum"}}"#]
        ),
        Drift(kind: .extraQueue, object: "a.b.retry.8s", calls: [#"PUT queues/{v}/a.b.retry.8s {"durable":true}"#]),
        Drift(kind: .missingBinding, object: "a.b → a.b", calls: ["DELETE bindings/{v}/e/wharf.jobs/q/a.b/a.b"]),
        Drift(
            kind: .extraBinding,
            object: "other.job → a.b",
            calls: [#"POST bindings/{v}/e/wharf.jobs/q/a.b {"routing_key":"other.job"}"#]
        ),
        Drift(
            kind: .extraBinding,
            object: "a.b → a.b with arguments",
            calls: [#"POST bindings/{v}/e/wharf.jobs/q/a.b {"routing_key":"a.b","arguments":{"x":1}}"#]
        ),
        Drift(
            kind: .extraBinding,
            object: "# → exchange amq.fanout",
            isRepaired: false,
            calls: [##"POST bindings/{v}/e/wharf.jobs/e/amq.fanout {"routing_key":"#"}"##]
        ),
        Drift(kind: .missingPolicy, object: "wharf.a.b", calls: ["DELETE policies/{v}/wharf.a.b"]),
        Drift(
            kind: .differentPolicy,
            object: "wharf.a.b",
            calls: [
                #"PUT policies/{v}/wharf.a.b {"pattern":"^a\\.b$","apply-to":"queues","definition":{"max-length":5}}"#
            ]
        ),
        Drift(
            kind: .differentPolicy,
            object: "wharf.a.b.suspect",
            calls: [
                """
                PUT policies/{v}/wharf.a.b.suspect {"pattern":"^a\\\\.b\\\\.suspect","apply-to":"all","priority":3,\
                "definition":{"dead-letter-exchange":"","dead-letter-routing-key":"a.b.dead","overflow":"reject-publish",\
                "dead-letter-strategy":"at-least-once","delivery-limit":5}}
                """
            ]
        ),
        Drift(
            kind: .extraPolicy,
            object: "wharf.everything",
            calls: [#"PUT policies/{v}/wharf.everything {"pattern":".*","priority":9,"definition":{"max-length":5}}"#]
        ),
        Drift(
            kind: .overridingPolicy,
            object: "theirs",
            isRepaired: false,
            calls: [#"PUT policies/{v}/theirs {"pattern":"^a","priority":1,"definition":{"max-length":5}}"#]
        ),
        Drift(
            kind: .overridingOperatorPolicy,
            object: "limits",
            isRepaired: false,
            calls: [#"PUT operator-policies/{v}/limits {"pattern":"^a","definition":{"max-length":5}}"#]
        ),
        Drift(
            kind: .differentQueue,
            object: "a.b.dead",
            isRepaired: false,
            calls: ["DELETE queues/{v}/a.b.dead", #"PUT queues/{v}/a.b.dead {"durable":true}"#]
        ),
        Drift(
            kind: .differentQueue,
            object: "a.b.suspect",
            isRepaired: false,
            calls: [
                "DELETE queues/{v}/a.b.suspect",
                """
                PUT queues/{v}/a.b.suspect {"durable":true,"arguments":{"x-queue-type":"quorum","x-max-length":9}}
                """,
            ]
        ),
    ]

    @Test(arguments: drifts) func whatWasChangedByHandIsFound(_ drift: Drift) async throws {
        try await withPlan { server, management, plan in
            for call in drift.calls { try server.call(call) }
            let diff = try await management.diff(plan)
            #expect(diff.findings.map(\.kind) == [drift.kind])
            #expect(diff.findings.map(\.object) == [drift.object])
            let report = try await management.apply(plan)
            #expect(report.refused.map(\.object) == (drift.isRepaired ? [] : [drift.object]))
            let left = try await management.diff(plan).findings
            #expect(left.map(\.object) == (drift.isRepaired ? [] : [drift.object]))
        }
    }

    /// The bindings go with the exchange.
    @Test func anExchangeThatIsGoneComesBackWithItsBindings() async throws {
        try await withPlan { server, management, plan in
            try server.call("DELETE exchanges/{v}/wharf.jobs")
            let kinds = try await management.diff(plan).findings.map(\.kind)
            #expect(kinds == [.missingExchange, .missingBinding])
            #expect(try await management.apply(plan).refused == [])
            #expect(try await management.diff(plan).findings == [])
        }
    }

    @Test(arguments: [#"{"type":"fanout","durable":true}"#, #"{"type":"topic","durable":false}"#])
    func anExchangeOfAnotherTypeIsReported(_ body: String) async throws {
        try await withPlan { server, management, plan in
            try server.call("DELETE exchanges/{v}/wharf.jobs")
            try server.call("PUT exchanges/{v}/wharf.jobs \(body)")
            let report = try await management.apply(plan)
            #expect(report.refused.map(\.kind) == [.differentExchange])
            #expect(try await management.diff(plan).findings.map(\.kind) == [.differentExchange])
            // As it says: away with it, and apply.
            try server.call("DELETE exchanges/{v}/wharf.jobs")
            #expect(try await management.apply(plan).refused == [])
            #expect(try await management.diff(plan).findings == [])
        }
    }

    private func withPlan(_ body: (TestBroker, ManagementAPI, BrokerPlan) async throws -> Void) async throws {
        let client = HTTPClient()
        defer { client.shutdown() }
        let queue = try QueueDefinition(
            name: "a.b",
            bindings: ["a.b"],
            retry: .init(rungsSeconds: [1, 60], attempts: 3)
        )
        let plan = try Topology([queue]).broker
        try await withTestBroker { server in
            let management = try ManagementAPI(url: server.managementURL, client: client)
            try await management.apply(plan)
            #expect(try await management.diff(plan).findings == [])
            try await body(server, management, plan)
        }
    }
}

extension TestBroker {
    /// `METHOD path body`
    func call(_ call: String) throws {
        let parts = call.split(separator: " ", maxSplits: 2).map(String.init)
        let path = parts[1].replacingOccurrences(of: "{v}", with: virtualHost)
        _ = try manage(parts[0], "/api/\(path)", body: parts.count > 2 ? parts[2] : nil)
    }
}
