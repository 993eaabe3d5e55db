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

    private struct Handler: JobHandler {
        let body: @Sendable (Greet, JobContext) async throws -> Outcome

        func handle(_ payload: Greet, context: JobContext) async throws -> Outcome {
            try await body(payload, context)
        }
    }

    private static func queue(_ name: String, _ binding: String) throws -> QueueDefinition {
        try QueueDefinition(name: name, bindings: [binding], retry: .init(rungsSeconds: [600], attempts: 3))
    }

    /// The example of docs/writing-a-worker.md rests on it: what `drain` returns from is over, retries included.
    @Test func drainReturnsWhenEveryJobIsDoneOrDead() async throws {
        let queues = (try Self.queue("first", "test.greet"), try Self.queue("second", "test.other"))
        let broker = InMemoryBroker(topology: try Topology([queues.0, queues.1]), clock: InstantClock())
        let attempts = Mailbox<Int>()
        let first = Worker(
            queue: queues.0,
            broker: broker,
            handlers: [
                Handler { greeting, context in
                    attempts.put(context.attempt)
                    // A follow-up in the other worker's queue, before this one is acked.
                    try await broker.send(JobEnvelope(Greet(greeting.text)), toQueue: "second")
                    return greeting.text == "bad" ? .retry(reason: "bad") : .done
                }
            ]
        )
        let followUps = Mailbox<String>()
        let second = Worker(
            queue: queues.1,
            broker: broker,
            handlers: [
                Handler { greeting, _ in
                    followUps.put(greeting.text)
                    return .done
                }
            ]
        )
        for text in ["good", "bad"] { try await broker.publish(JobEnvelope(Greet(text))) }
        try await broker.drain(by: first, second)
        #expect(attempts.count == 4)
        #expect(followUps.count == 4)
        #expect(broker.waiting(in: "first.dead").count == 1)
        for queue in ["first", "first.retry.600s", "second"] { #expect(broker.waiting(in: queue).isEmpty) }
        // Nothing to do: it returns as well.
        try await broker.drain(by: first)
    }

    @Test func drainPassesOnWhyAWorkerCannotWork() async throws {
        let broker = InMemoryBroker(topology: try Topology([try Self.queue("q", "test.greet")]))
        let elsewhere = Worker(queue: try Self.queue("elsewhere", "test.greet"), broker: broker)
        try await broker.send(JobEnvelope(Greet("waits")), toQueue: "q")
        await #expect(throws: WorkerError.self) { try await broker.drain(by: elsewhere) }
        #expect(broker.waiting(in: "q").count == 1)
    }
}
