import Foundation
import Observability
import TestSupport
import Testing
import Topology

@testable import Jobs

/// Waits beyond the ladder's longest rung.
@Suite struct PostponeTests {
    private let now = Date(timeIntervalSince1970: 1_700_000_000)
    private let envelope = JobEnvelope(id: UUIDv7().description, name: "test.greet", body: [])

    private func queue() throws -> QueueDefinition {
        try QueueDefinition(
            name: "q",
            bindings: ["test.greet"],
            retry: .init(rungsSeconds: [1, 60], attempts: 3),
            urgent: .init(share: 50)
        )
    }

    private func decide(
        _ outcome: Outcome,
        _ envelope: JobEnvelope? = nil,
        canPostpone: Bool = true
    ) throws -> Settlement {
        SettlementPolicy(queue: try queue(), worker: "w", canPostpone: canPostpone)
            .decide(.finished(outcome), for: envelope ?? self.envelope, at: now, coin: true).settlement
    }

    @Test func aSnoozeBeyondTheRungsIsKeptAsItIs() throws {
        #expect(try decide(.snooze(for: .seconds(60))) == .move(envelope, to: "q.retry.60s"))
        #expect(
            try decide(.snooze(for: .seconds(61)))
                == .postpone(envelope, until: now + 61, queue: "q", rung: "q.retry.60s")
        )
        #expect(try decide(.snooze(for: .seconds(61)), canPostpone: false) == .move(envelope, to: "q.retry.60s"))
    }

    @Test func aRetrySpendsItsAttemptAndEndsWhereItWould() throws {
        var next = envelope
        next.attempt = 2
        next.firstFailureAt = now
        let outcome = Outcome.retry(after: .seconds(3_600), reason: "x")
        #expect(try decide(outcome) == .postpone(next, until: now + 3_600, queue: "q", rung: "q.retry.60s"))
        var last = envelope
        last.attempt = 3
        guard case .move(_, to: "q.dead") = try decide(outcome, last) else { throw Unexpected() }
    }

    @Test func nothingIsPutOffBeyondTheLongestDelay() throws {
        #expect(
            try decide(.snooze(for: .seconds(90 * 86_400)))
                == .postpone(envelope, until: now + 30 * 86_400, queue: "q", rung: "q.retry.60s")
        )
    }

    @Test func anUrgentJobReturnsUrgent() throws {
        let urgent = JobEnvelope(id: envelope.id, name: "test.greet", body: [], routingKey: "test.greet.urgent")
        #expect(
            try decide(.snooze(for: .seconds(61)), urgent)
                == .postpone(urgent, until: now + 61, queue: "q.urgent", rung: "q.urgent.retry.60s")
        )
    }

    /// A row cannot have such an id, and the job must not lose it.
    @Test func aForeignIdWaitsOnTheLongestRung() throws {
        let foreign = JobEnvelope(id: "order-7", name: "test.greet", body: [])
        #expect(try decide(.snooze(for: .seconds(61)), foreign) == .move(foreign, to: "q.retry.60s"))
    }

    private struct Unexpected: Error {}

    private struct Snoozer: JobHandler {
        func handle(_ payload: Greet, context: JobContext) async throws -> Outcome { .snooze(for: .seconds(3_600)) }
    }

    private struct Postponer: JobPostponer {
        let kept = Mailbox<(JobEnvelope, queue: String)>()
        var isWorking = true

        func postpone(_ envelope: JobEnvelope, until due: Date, queue: String) async throws {
            guard isWorking else { throw Unexpected() }
            kept.put((envelope, queue))
        }
    }

    private func run(_ postponer: Postponer, _ body: (InMemoryBroker) async throws -> Void) async throws {
        let broker = InMemoryBroker(topology: try Topology([queue()]), clock: ManualClock())
        let worker = Worker(
            queue: try queue(),
            broker: broker,
            handlers: [Snoozer()],
            postponer: postponer,
            metrics: MetricsRegistry()
        )
        let running = Task { try await worker.run() }
        try await broker.publish(JobEnvelope(Greet("later")))
        try await body(broker)
        running.cancel()
        _ = await running.result
        // Acked: the end of the consumer brings nothing back.
        #expect(broker.waiting(in: "q").isEmpty)
    }

    @Test func theWorkerGivesItAwayAndAcks() async throws {
        let postponer = Postponer()
        try await run(postponer) { broker in
            let (kept, queue) = try await postponer.kept.next()
            #expect(kept.name == "test.greet")
            #expect(kept.attempt == 1)
            #expect(queue == "q")
            #expect(broker.waiting(in: "q.retry.60s").isEmpty)
        }
    }

    @Test func withoutItsPostponerTheJobWaitsOnTheLongestRung() async throws {
        try await run(Postponer(isWorking: false)) { broker in
            try await eventually("the job is on the rung") { broker.waiting(in: "q.retry.60s").count == 1 }
        }
    }
}
