import Foundation
import Observability
import TestSupport
import Testing
import Threading
import Topology

@testable import Jobs

/// A worker that is slowed down or held up; pausing is in the conformance suite.
@Suite struct WorkerControlTests {
    private struct Handler: JobHandler {
        let body: @Sendable (Greet, JobContext) async throws -> Outcome

        func handle(_ payload: Greet, context: JobContext) async throws -> Outcome {
            try await body(payload, context)
        }
    }

    /// Knows nothing until told, and can be made to refuse leases.
    private final class FaultyControl: QueueControl {
        let known = Lock<QueueState?>(nil)
        let refusals = Mailbox<Int>()
        let refuses = Lock(false)
        private let control = InMemoryQueueControl()

        func state(of queue: String) -> QueueState? { known.withLock { $0 } }

        func lease(_ queue: String, jobs: Int, perSecond: Int) async throws -> RateLease? {
            if refuses.withLock({ $0 }) {
                refusals.put(jobs)
                throw JobPublishError(.unavailable, "told to")
            }
            return try await control.lease(queue, jobs: jobs, perSecond: perSecond)
        }
    }

    private let broker: InMemoryBroker
    private let queue: QueueDefinition
    private let metrics = MetricsRegistry()

    init() throws {
        queue = try Self.queue()
        broker = InMemoryBroker(topology: try Topology([queue]))
    }

    private static func queue(
        concurrency: Int = 4,
        deadlineSeconds: Int = 30,
        rateLimit: QueueDefinition.RateLimit? = nil
    ) throws -> QueueDefinition {
        try QueueDefinition(
            name: "q",
            bindings: ["test.greet"],
            concurrency: concurrency,
            deadlineSeconds: deadlineSeconds,
            retry: .init(rungsSeconds: [1], attempts: 2),
            rateLimit: rateLimit
        )
    }

    private func work(
        _ queue: QueueDefinition? = nil,
        control: any QueueControl = InMemoryQueueControl(),
        breakers: [CircuitBreaker] = [],
        stuckAfter: Duration = .seconds(10),
        gracePeriod: Duration = .seconds(30),
        _ body: @escaping @Sendable (Greet, JobContext) async throws -> Outcome
    ) -> Task<Void, any Error> {
        let worker = Worker(
            queue: queue ?? self.queue,
            broker: broker,
            handlers: [Handler(body: body)],
            gracePeriod: gracePeriod,
            control: control,
            breakers: breakers,
            stuckAfter: stuckAfter,
            metrics: metrics
        )
        return Task { try await worker.run() }
    }

    private func stop(_ worker: Task<Void, any Error>) async throws {
        worker.cancel()
        try await worker.value
    }

    @Test func startsNothingBeforeItKnowsThatTheQueueIsNotPaused() async throws {
        let control = FaultyControl()
        let started = Mailbox<String>()
        try await broker.publish(JobEnvelope(Greet("early")))
        let worker = work(control: control) { greeting, _ in
            started.put(greeting.text)
            return .done
        }
        // Another consumer of the queue gets the job, although the worker was there first.
        let other = broker.consumer(of: "q", prefetch: 1)
        let taken = Mailbox<JobDelivery>()
        let consuming = Task { try await other.run { taken.put($0) } }
        let delivery = try await taken.next()
        #expect(started.count == 0)
        control.known.withLock { $0 = QueueState() }
        consuming.cancel()
        _ = await consuming.result
        #expect(delivery.isLost)
        #expect(try await started.next() == "early")
        try await stop(worker)
    }

    @Test func aDependencyThatIsDownStopsTheWorkerAndCostsNoAttempt() async throws {
        let isUp = Lock(false)
        let mayProbe = Gate()
        let runs = Mailbox<Int>()
        let breaker = CircuitBreaker(
            dependency: "search",
            probeAfter: .milliseconds(20),
            longestWait: .milliseconds(50),
            metrics: metrics
        ) {
            await mayProbe.opened()
            guard isUp.withLock({ $0 }) else { throw DependencyUnavailable("search", reason: "told to be") }
        }
        let open = metrics.gauge("circuit_open", help: "", labels: ["dependency": "search"])
        for number in 1...40 { try await broker.publish(JobEnvelope(Greet("\(number)"))) }
        let worker = work(breakers: [breaker]) { _, context in
            guard isUp.withLock({ $0 }) else {
                runs.put(context.attempt)
                throw DependencyUnavailable("search", reason: "told to be")
            }
            runs.put(context.attempt)
            return .done
        }
        try await eventually("the circuit opens") { open.value == 1 }
        try await eventually("what was not started is given back") {
            broker.waiting(in: "q").count + broker.waiting(in: "q.retry.1s").count == 40
        }
        // Three to open it, and those that ran beside them.
        let failed = runs.count
        #expect((3...8).contains(failed))
        #expect((broker.waiting(in: "q") + broker.waiting(in: "q.retry.1s")).allSatisfy { $0.attempt == 1 })
        mayProbe.open()
        let probes = metrics.counter("circuit_probes_total", help: "", labels: ["dependency": "search"])
        try await eventually("it is asked again and again") { probes.value >= 3 }
        #expect(runs.count == failed)
        isUp.withLock { $0 = true }
        for _ in 1...failed + 40 { #expect(try await runs.next() == 1) }
        #expect(open.value == 0)
        try await stop(worker)
        #expect(broker.waiting(in: "q.dead").isEmpty)
        #expect(broker.waiting(in: "q").isEmpty)
    }

    @Test func aQueuesRateIsKept() async throws {
        let queue = try Self.queue(rateLimit: .init(perSecond: 50))
        let started = Mailbox<ContinuousClock.Instant>()
        for number in 1...60 { try await broker.publish(JobEnvelope(Greet("\(number)"))) }
        let worker = work(queue) { _, _ in
            started.put(.now)
            return .done
        }
        var times: [ContinuousClock.Instant] = []
        for _ in 1...60 { times.append(try await started.next()) }
        times.sort()
        // Sixty starts are 59 fiftieths of a second apart, less a quarter of a second that may be made up for, and what the
        // first of them came late.
        #expect(times[0].duration(to: times[59]) >= .milliseconds(59 * 20 / 2))
        let limited = metrics.counter("rate_limited_seconds_total", help: "", labels: ["queue": "q"])
        #expect(limited.value > 0)
        try await stop(worker)
    }

    @Test func withoutALeaseALimitedQueueWaitsAndThenGoesOn() async throws {
        let control = FaultyControl()
        control.known.withLock { $0 = QueueState(rate: .perSecond(1_000)) }
        control.refuses.withLock { $0 = true }
        let started = Mailbox<String>()
        try await broker.publish(JobEnvelope(Greet("patient")))
        let worker = work(control: control) { greeting, _ in
            started.put(greeting.text)
            return .done
        }
        for _ in 1...2 { _ = try await control.refusals.next() }
        #expect(started.count == 0)
        control.refuses.withLock { $0 = false }
        #expect(try await started.next() == "patient")
        // And a limit that is lifted lets the others go.
        control.refuses.withLock { $0 = true }
        control.known.withLock { $0 = QueueState(rate: .unlimited) }
        for number in 1...2_000 { try await broker.publish(JobEnvelope(Greet("\(number)"))) }
        for _ in 1...2_000 { _ = try await started.next() }
        try await stop(worker)
    }

    @Test func aJobMayBringItsOwnDeadline() async throws {
        let reasons = Mailbox<JobContext>()
        var envelope = try JobEnvelope(Greet("short"))
        envelope.deadlineSeconds = 1
        try await broker.publish(envelope)
        let worker = work { _, context in
            reasons.put(context)
            // Until it is cancelled.
            let (never, _) = AsyncStream.makeStream(of: Never.self)
            for await _ in never {}
            try Task.checkCancellation()
            return .done
        }
        let first = try await reasons.next()
        #expect(first.deadline <= .now + .seconds(1))
        _ = try await reasons.next()
        try await eventually("it is given up") { broker.waiting(in: "q.dead").count == 1 }
        let letter = broker.waiting(in: "q.dead").first.flatMap(DeadLetter.init)
        #expect(letter?.reason == "the deadline of 1.0 seconds has passed")
        #expect(letter?.errorType == "DeadlineExceeded")
        try await stop(worker)
    }

    @Test func aJobThatIgnoresItsCancellationIsReportedOnce() async throws {
        let mayEnd = Gate()
        let started = Mailbox<Int>()
        var envelope = try JobEnvelope(Greet("deaf"))
        envelope.deadlineSeconds = 1
        try await broker.publish(envelope)
        let worker = work(stuckAfter: .milliseconds(50)) { _, context in
            started.put(context.attempt)
            await mayEnd.opened()
            return .done
        }
        _ = try await started.next()
        let stuck = metrics.gauge("jobs_stuck", help: "", labels: ["queue": "q"])
        try await eventually("it is counted") { stuck.value == 1 }
        mayEnd.open()
        try await eventually("it has ended") { stuck.value == 0 }
        try await stop(worker)
        #expect(broker.waiting(in: "q.dead").isEmpty)
    }

    @Test func whatIsGivenBackKeepsItsDeliveryCount() async throws {
        for text in ["first", "second"] { try await broker.publish(JobEnvelope(Greet(text))) }
        let taken = Mailbox<JobDelivery>()
        /// Takes both jobs and vanishes with them.
        func take() async throws -> [JobDelivery] {
            let consumer = broker.consumer(of: "q", prefetch: 2)
            let consuming = Task { try await consumer.run { taken.put($0) } }
            let deliveries = [try await taken.next(), try await taken.next()]
            consuming.cancel()
            _ = await consuming.result
            return deliveries
        }
        #expect(try await take().map(\.deliveryCount) == [0, 0])
        let control = InMemoryQueueControl()
        let started = Mailbox<String>()
        let mayEnd = Gate()
        let worker = work(try Self.queue(concurrency: 1), control: control) { greeting, _ in
            started.put(greeting.text)
            await mayEnd.opened()
            return .done
        }
        // What vanished comes back in no order.
        let one = try await started.next()
        control.pause("q")
        try await eventually("the other is given back") { broker.waiting(in: "q").count == 1 }
        #expect(broker.waiting(in: "q").first?.earlierDeliveries == 1)
        control.resume("q")
        mayEnd.open()
        let other = try await started.next()
        #expect(Set([one, other]) == ["first", "second"])
        try await stop(worker)
    }
}
