import AMQP
import Jobs
import JobsAMQP
import Observability
import TestSupport
import Testing
import Topology

/// Urgent jobs overtake thousands of others on RabbitMQ, and leave them their share.
@Suite struct UrgentLaneTests {
    /// Each run says what it is, and ends when the test lets one end.
    private struct Handler: JobHandler {
        let started: Mailbox<String>
        let mayEnd: Turnstile

        func handle(_ payload: Greet, context: JobContext) async throws -> Outcome {
            started.put(payload.text)
            await mayEnd.pass()
            return .done
        }
    }

    private static func queue(share: Int) throws -> QueueDefinition {
        try QueueDefinition(
            name: "q",
            bindings: ["test.greet"],
            concurrency: 4,
            retry: .init(rungsSeconds: [1], attempts: 2),
            urgent: .init(share: share)
        )
    }

    private func publish(_ text: String, _ count: Int, lane: JobLane?, _ broker: AMQPBroker) async throws {
        let publishers = 50
        try await withThrowingTaskGroup { group in
            for publisher in 0..<publishers {
                group.addTask {
                    for _ in stride(from: publisher, to: count, by: publishers) {
                        try await broker.publish(JobEnvelope(Greet(text), lane: lane))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func withWorker(
        share: Int,
        _ body: @Sendable (AMQPBroker, AMQPSession, Mailbox<String>, Turnstile) async throws -> Void
    ) async throws {
        let queue = try Self.queue(share: share)
        try await withTestBroker { server in
            try await server.withJobs(Topology([queue])) { broker in
                let session = try await server.session()
                let started = Mailbox<String>()
                let mayEnd = Turnstile()
                let worker = Worker(
                    queue: queue,
                    broker: broker,
                    handlers: [Handler(started: started, mayEnd: mayEnd)],
                    metrics: MetricsRegistry()
                )
                try await publish("bulk", 10_000, lane: nil, broker)
                let working = Task { try await worker.run() }
                var failure: (any Error)?
                do { try await body(broker, session, started, mayEnd) } catch { failure = error }
                working.cancel()
                mayEnd.open()
                _ = await working.result
                await session.close()
                if let failure { throw failure }
            }
        }
    }

    @Test func anUrgentJobBehindTenThousandOthersIsAmongTheNextToStart() async throws {
        try await withWorker(share: 80) { broker, session, started, mayEnd in
            for _ in 1...4 { #expect(try await started.next() == "bulk") }
            try await publish("urgent", 1, lane: .urgent, broker)
            try await eventually("the worker has it") { try await session.messageCount("q.urgent") == 0 }
            var others = 0
            mayEnd.admit()
            while try await started.next() != "urgent" {
                others += 1
                mayEnd.admit()
                try #require(others < 100)
            }
        }
    }

    @Test func aFloodOfUrgentJobsLeavesTheOthersATenth() async throws {
        try await withWorker(share: 90) { broker, session, started, mayEnd in
            for _ in 1...4 { #expect(try await started.next() == "bulk") }
            try await publish("urgent", 3_000, lane: .urgent, broker)
            try await eventually("the worker has some") { try await session.messageCount("q.urgent") < 3_000 }
            var others = 0
            for _ in 1...1_000 {
                mayEnd.admit()
                if try await started.next() == "bulk" { others += 1 }
            }
            #expect(others >= 99, "\(others) of 1000")
            // How many of the rest are urgent depends on how soon the broker brings them; the shares are tested purely.
            #expect(others < 1_000, "\(others) of 1000")
        }
    }
}
