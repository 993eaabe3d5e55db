import Testing

@testable import Topology

@Suite struct RoutingTests {
    private func topology(_ bindings: [String: [String]]) throws -> Topology {
        try Topology(bindings.map { try QueueDefinition(name: $0.key, bindings: $0.value) })
    }

    @Test func aJobIsWorkedInEveryLane() throws {
        let topology = try topology([
            "mail": ["mail.send"], "bulk": ["mail.send.bulk"], "other": ["mail.send.a.b", "x"],
        ])
        #expect(topology.queues(forJob: "mail.send").map(\.name) == ["bulk", "mail"])
        #expect(try topology.queues(forJobs: ["mail.send"]).map(\.name) == ["bulk", "mail"])
    }

    @Test func aJobMayLieWithAnotherOneOfTheSameProgram() throws {
        let topology = try topology(["mail": ["mail.send", "mail.verify"]])
        #expect(try topology.queues(forJobs: ["mail.send", "mail.verify"]).map(\.name) == ["mail"])
    }

    @Test func aProgramDoesNotStartOnJobsThatItWouldGiveUp() throws {
        let topology = try topology(["mail": ["mail.send", "order.process"]])
        #expect(throws: RoutingError.foreignJob("order.process", queue: "mail")) {
            try topology.queues(forJobs: ["mail.send"])
        }
        #expect(throws: RoutingError.unbound(job: "mail.verify")) { try topology.queues(forJobs: ["mail.verify"]) }
    }

    @Test func keysWithoutAQueueAreNamed() throws {
        let urgent = try QueueDefinition(name: "a", bindings: ["a"], urgent: .init(share: 50))
        #expect(try Topology([urgent]).unbound(["a", "a.urgent", "a.bulk", "b"]) == ["a.bulk", "b"])
    }
}
