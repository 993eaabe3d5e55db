import AMQP
import Foundation
import HTTPClient
import Jobs
import JobsAMQP
import TestSupport
import Testing
import Topology

@Suite struct TopologyApplyTests {
    private struct LiveQueue: Decodable, Equatable {
        let name: String
        let type: String
        let arguments: [String: String]
        let durable: Bool
        let policy: String?
    }

    private func withManagement(_ body: (TestBroker, ManagementAPI) async throws -> Void) async throws {
        let client = HTTPClient()
        try await withTestBroker { server in
            try await body(server, ManagementAPI(url: server.managementURL, client: client))
        }
        client.shutdown()
    }

    private func queue(_ name: String, bindings: [String]) throws -> QueueDefinition {
        try QueueDefinition(name: name, bindings: bindings, retry: .init(rungsSeconds: [1, 60], attempts: 3))
    }

    private func bindings(_ server: TestBroker) throws -> [String] {
        struct Binding: Decodable {
            let routing_key: String
            let destination: String
        }
        let path = "/api/exchanges/\(server.virtualHost)/wharf.jobs/bindings/source"
        let all = try JSONDecoder().decode([Binding].self, from: Data(server.manage("GET", path).utf8))
        return all.map { "\($0.routing_key) → \($0.destination)" }.sorted()
    }

    @Test func makesTheBrokerAsPlannedAndAgainChangesNothing() async throws {
        try await withManagement { server, management in
            let topology = try Topology([queue("a.b", bindings: ["a.b", "a.c"])])
            for _ in 1...2 {
                try await management.apply(topology.broker)
                // The management's view of policies follows with its statistics.
                var live: [LiveQueue] = []
                try await eventually("each queue shows its policy") {
                    let json = try server.manage("GET", "/api/queues/\(server.virtualHost)")
                    guard let queues = try? JSONDecoder().decode([LiveQueue].self, from: Data(json.utf8)) else {
                        return false
                    }
                    live = queues.sorted { $0.name < $1.name }
                    return live.allSatisfy { $0.policy != nil || $0.name.hasSuffix(".dead") }
                }
                #expect(live.map(\.name) == topology.broker.queues.sorted())
                for queue in live {
                    #expect(queue.type == "quorum")
                    #expect(queue.durable)
                    #expect(queue.arguments == ["x-queue-type": "quorum"])
                    #expect(queue.policy == (queue.name.hasSuffix(".dead") ? nil : "wharf.\(queue.name)"))
                }
                #expect(try bindings(server) == ["a.b → a.b", "a.c → a.b"])
            }
        }
    }

    /// A job moves to another queue by an edit in the files: it must then go there only.
    @Test func aJobRoutedElsewhereGoesThereOnly() async throws {
        try await withManagement { server, management in
            try await management.apply(Topology([queue("a", bindings: ["job.one", "job.two"])]).broker)
            let session = try await server.session()
            try await session.declareQueue("audit")
            try await session.bindQueue("audit", exchange: "wharf.jobs", routingKey: "job.two")
            await session.close()
            try await management.apply(
                Topology([queue("a", bindings: ["job.one"]), queue("bulk", bindings: ["job.two"])]).broker
            )
            // Somebody else's queue keeps what it asked for.
            #expect(try bindings(server) == ["job.one → a", "job.two → audit", "job.two → bulk"])
        }
    }

    @Test func listsWhatIsThere() async throws {
        try await withManagement { server, management in
            let topology = try Topology([queue("a", bindings: ["a"])])
            try await management.apply(topology.broker)
            try await server.withJobs(topology) { broker in
                try await broker.send(.init(id: "1", name: "a", body: []), toQueue: "a.dead")
            }
            try await eventually("the count arrives at the management") {
                try await management.queues().first { $0.name == "a.dead" }?.ready == 1
            }
            let queues = try await management.queues()
            #expect(queues.map(\.name) == topology.broker.queues.sorted())
            #expect(queues.allSatisfy { $0.consumers == 0 && $0.unacked == 0 })
        }
    }

    @Test func saysWhyItCannot() async throws {
        let client = HTTPClient()
        defer { client.shutdown() }
        try await withTestBroker { server in
            let plan = try Topology([queue("a", bindings: ["a"])]).broker
            func failure(_ url: String) async throws -> ManagementError? {
                let management = try ManagementAPI(url: url, client: client)
                return await #expect(throws: ManagementError.self) { try await management.apply(plan) }
            }
            guard case .unreachable = try await failure("http://guest:guest@127.0.0.1:1") else {
                Issue.record("an unreachable management was reported otherwise")
                return
            }
            let wrongPassword = server.managementURL.replacing(/\/\/[^@]*@/, with: "//guest:wrong@")
            #expect(try await failure(wrongPassword) == .refused(status: 401))
            guard case .missing = try await failure(server.managementURL + "-nowhere") else {
                Issue.record("a missing virtual host was reported otherwise")
                return
            }
        }
        #expect(throws: ManagementError.badURL) { try ManagementAPI(url: "rabbit", client: client) }
    }

    /// Arguments can never be changed: a queue of another type under our name must be said, not overlooked.
    @Test func refusesAQueueOfAnotherTypeAndDoesTheRest() async throws {
        try await withManagement { server, management in
            let session = try await server.session()
            try await session.declareQueue("a")
            await session.close()
            let plan = try Topology([queue("a", bindings: ["a"])]).broker
            let report = try await management.apply(plan)
            #expect(report.refused.map(\.kind) == [.differentQueue])
            #expect(report.refused.map(\.object) == ["a"])
            #expect(report.done.count == 1 + plan.queues.count - 1 + plan.policies.count + plan.bindings.count)
            let again = try await management.apply(plan)
            #expect(again.done == [])
            #expect(again.refused == report.refused)
        }
    }

    /// A queue without its file goes with all that belongs to it, but not while a job waits in it.
    @Test func aQueueWithoutItsFileGoesOnceItIsEmpty() async throws {
        try await withManagement { server, management in
            let before = try Topology([queue("a", bindings: ["one"]), queue("old", bindings: ["two"])])
            let after = try Topology([queue("a", bindings: ["one", "two"])]).broker
            try await management.apply(before.broker)
            try await server.withJobs(before) { broker in
                try await broker.publish(.init(id: "1", name: "two", body: []))
            }
            // The broker's statistics may not know of the job yet: then the queue itself does.
            let report = try await management.apply(after)
            #expect(report.refused.map(\.object).contains("old"))
            #expect(try bindings(server) == ["one → a", "two → a"])
            let session = try await server.session()
            #expect(try await session.messageCount("old") == 1)
            #expect(try await session.messageCount("old.dead") == 0)
            try server.call("DELETE queues/{v}/old/contents")
            await session.close()
            try await eventually("the broker's statistics know that it is empty") {
                try await management.apply(after).refused.isEmpty
            }
            #expect(try await management.diff(after).findings == [])
            #expect(try await management.queues().map(\.name) == after.queues.sorted())
        }
    }

    @Test func aQueueWithoutItsFileStaysWhileAWorkerConsumesFromIt() async throws {
        try await withManagement { server, management in
            let before = try Topology([queue("a", bindings: ["one"]), queue("old", bindings: ["two"])])
            let after = try Topology([queue("a", bindings: ["one", "two"])]).broker
            try await server.withJobs(before) { broker in
                let consumer = broker.consumer(of: "old", prefetch: 1)
                let consuming = Task { try await consumer.run { _ in } }
                try await eventually("the broker's statistics know the consumer") {
                    try await management.queues().first { $0.name == "old" }?.consumers == 1
                }
                let report = try await management.apply(after)
                #expect(report.refused.first { $0.object == "old" }?.fix.contains("stop the workers") == true)
                consuming.cancel()
                _ = await consuming.result
            }
            try await eventually("the broker's statistics know that it is gone") {
                try await management.apply(after).refused.isEmpty
            }
            #expect(try await management.diff(after).findings == [])
        }
    }
}
