import Jobs
import TestSupport
import Testing
import Topology

@Suite struct InMemoryBrokerTests {
    struct Harness: JobBrokerHarness {
        func withBroker(_ topology: Topology, _ body: @Sendable (any JobBroker) async throws -> Void) async throws {
            try await body(InMemoryBroker(topology: topology))
        }
    }

    @Test(arguments: JobBrokerConformance.allCases)
    func conforms(_ scenario: JobBrokerConformance) async throws { try await scenario.check(on: Harness()) }
}
