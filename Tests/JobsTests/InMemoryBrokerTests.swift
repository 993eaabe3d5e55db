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

    /// Tests of handlers need not wait for a ladder: its time is the clock's.
    @Test func rungsWaitByTheClockGiven() async throws {
        let queue = try QueueDefinition(
            name: "q",
            bindings: ["test.greet"],
            retry: .init(rungsSeconds: [600], attempts: 2)
        )
        let clock = ManualClock()
        let broker = InMemoryBroker(topology: try Topology([queue]), clock: clock)
        try await broker.send(JobEnvelope(Greet("late")), toQueue: "q.retry.600s")
        try await eventually("the message waits") { clock.sleepers == 1 }
        clock.advance(by: .seconds(599))
        #expect(broker.waiting(in: "q.retry.600s").count == 1)
        clock.advance(by: .seconds(1))
        try await eventually("the message is back") { broker.waiting(in: "q").count == 1 }
        #expect(broker.waiting(in: "q.retry.600s").isEmpty)
    }
}
