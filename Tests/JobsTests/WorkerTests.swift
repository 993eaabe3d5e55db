import Foundation
import Jobs
import Observability
import TestSupport
import Testing
import Threading
import Topology

/// What needs a broker that fails on command; all else is in the conformance suite.
@Suite struct WorkerTests {
    private struct Handler: JobHandler {
        let body: @Sendable (Greet, JobContext) async throws -> Outcome

        func handle(_ payload: Greet, context: JobContext) async throws -> Outcome {
            try await body(payload, context)
        }
    }

    /// A broker that can be told to confirm nothing.
    private final class FaultyBroker: JobBroker {
        let broker: InMemoryBroker
        let refused = Mailbox<String>()
        let refuses = Lock(false)

        init(_ broker: InMemoryBroker) { self.broker = broker }

        func publish(_ envelope: JobEnvelope) async throws(JobPublishError) { try await broker.publish(envelope) }

        func send(_ envelope: JobEnvelope, toQueue queue: String) async throws(JobPublishError) {
            if refuses.withLock({ $0 }) {
                refused.put(queue)
                throw JobPublishError(.unavailable, "told to")
            }
            try await broker.send(envelope, toQueue: queue)
        }

        func consumer(of queue: String, prefetch: Int) -> any JobConsumer {
            broker.consumer(of: queue, prefetch: prefetch)
        }

        func missing(queues: [String]) async throws(JobPublishError) -> [String] {
            try await broker.missing(queues: queues)
        }

        func depths(of queues: [String]) async throws(JobPublishError) -> [String: QueueDepth] {
            try await broker.depths(of: queues)
        }
    }

    private let queue: QueueDefinition
    private let broker: InMemoryBroker
    private let faulty: FaultyBroker
    private let metrics = MetricsRegistry()

    init() throws {
        queue = try QueueDefinition(
            name: "q",
            bindings: ["test.greet"],
            retry: .init(rungsSeconds: [1], attempts: 1)
        )
        broker = InMemoryBroker(topology: try Topology([queue]))
        faulty = FaultyBroker(broker)
    }

    private func work(
        gracePeriod: Duration = .seconds(30),
        _ body: @escaping @Sendable (Greet, JobContext) async throws -> Outcome
    ) -> Task<Void, any Error> {
        let worker = Worker(
            queue: queue,
            broker: faulty,
            handlers: [Handler(body: body)],
            gracePeriod: gracePeriod,
            metrics: metrics
        )
        return Task { try await worker.run() }
    }

    /// The next message of a queue.
    private func next(in queue: String) async throws -> JobEnvelope {
        let envelopes = Mailbox<JobEnvelope>()
        let consumer = broker.consumer(of: queue, prefetch: 1)
        let consuming = Task {
            try await consumer.run { delivery in
                envelopes.put(delivery.envelope)
                delivery.ack()
            }
        }
        defer { consuming.cancel() }
        return try await envelopes.next()
    }

    @Test func aMoveThatIsNotConfirmedIsTriedAgainAndLosesNothing() async throws {
        let envelope = try JobEnvelope(Greet("hello"))
        try await broker.publish(envelope)
        faulty.refuses.withLock { $0 = true }
        let worker = work { _, _ in .reject(reason: "no") }
        #expect(try await faulty.refused.next() == "q.dead")
        #expect(broker.waiting(in: "q.dead").isEmpty)
        faulty.refuses.withLock { $0 = false }
        #expect(try await next(in: "q.dead").id == envelope.id)
        worker.cancel()
        try await worker.value
        #expect(broker.waiting(in: "q").isEmpty)
        #expect(metrics.counter("job_moves_failed_total", help: "", labels: ["queue": "q"]).value >= 1)
    }

    @Test func aMoveThatNeverWorksLeavesTheJobWhereItWas() async throws {
        try await broker.publish(JobEnvelope(Greet("hello")))
        faulty.refuses.withLock { $0 = true }
        let worker = work(gracePeriod: .zero) { _, _ in .reject(reason: "no") }
        _ = try await faulty.refused.next()
        worker.cancel()
        try await worker.value
        #expect(broker.waiting(in: "q").count == 1)
    }

    @Test func aJobWhoseConnectionWasLostIsNotSettledTwice() async throws {
        let started = Mailbox<Int>()
        let mayEnd = Gate()
        try await broker.publish(JobEnvelope(Greet("hello")))
        let worker = work { _, context in
            started.put(context.attempt)
            await mayEnd.opened()
            return .reject(reason: "no")
        }
        _ = try await started.next()
        broker.disconnectConsumers()
        // Handed out again while the first run still goes on.
        _ = try await started.next()
        mayEnd.open()
        worker.cancel()
        try await worker.value
        // The first run found its delivery lost and moved nothing: one dead letter, not two.
        #expect(broker.waiting(in: "q.dead").count == 1)
    }

    @Test func runsAsManyAtOnceAsTheQueueSays() async throws {
        let started = Mailbox<String>()
        let mayEnd = Gate()
        for number in 1...40 { try await broker.publish(JobEnvelope(Greet("\(number)"))) }
        let worker = work { greeting, _ in
            started.put(greeting.text)
            await mayEnd.opened()
            return .done
        }
        for _ in 1...queue.concurrency { _ = try await started.next() }
        #expect(started.count == 0)
        let inFlight = metrics.gauge("jobs_in_flight", help: "", labels: ["queue": "q"])
        #expect(inFlight.value == Double(queue.concurrency))
        mayEnd.open()
        for _ in queue.concurrency..<40 { _ = try await started.next() }
        worker.cancel()
        try await worker.value
        #expect(inFlight.value == 0)
        #expect(broker.waiting(in: "q").isEmpty)
    }

    @Test func logsAndTracesWithTheJob() async throws {
        let seen = Mailbox<[LogKey: LogValue]>()
        let envelope = try JobEnvelope(Greet("hello"))
        try await broker.publish(envelope)
        let worker = work { _, _ in
            seen.put(LogContext.current)
            return .done
        }
        let context = try await seen.next()
        #expect(context[.jobID] == .string(envelope.id))
        #expect(context[.jobName] == "test.greet")
        #expect(context[.attempt] == 1)
        worker.cancel()
        try await worker.value
    }

    @Test func twoHandlersForOneJobAreRefused() async throws {
        let handler = Handler { _, _ in .done }
        let worker = Worker(queue: queue, broker: broker, handlers: [handler, handler], metrics: metrics)
        let error = await #expect(throws: WorkerError.self) { try await worker.run() }
        #expect(error == .twoHandlers(["test.greet"]))
        #expect(error.map(String.init(describing:))?.contains("more than one handler for test.greet") == true)
    }
}
