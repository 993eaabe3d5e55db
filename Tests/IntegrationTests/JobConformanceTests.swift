import Jobs
import TestSupport
import Testing
import Topology

/// The suite that the in-memory broker passes, on RabbitMQ.
@Suite(.serialized) struct JobConformanceTests {
    private struct Harness: JobBrokerHarness {
        func withBroker(_ topology: Topology, _ body: @Sendable (any JobBroker) async throws -> Void) async throws {
            try await withTestBroker { broker in try await broker.withJobs(topology) { try await body($0) } }
        }
    }

    @Test(arguments: JobBrokerConformance.allCases)
    func conforms(_ scenario: JobBrokerConformance) async throws { try await scenario.check(on: Harness()) }
}
