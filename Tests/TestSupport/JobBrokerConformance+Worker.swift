import Foundation
import Jobs
import Observability
import Topology

/// A worker on the broker.
extension JobBrokerConformance {
    static func workerDoesJobs(_ broker: any JobBroker) async throws {
        let seen = Mailbox<(text: String, attempt: Int, trace: String?)>()
        let trace = TraceContext.new()
        let worker = RunningWorker(broker) { greeting, context in
            seen.put((greeting.text, context.attempt, TraceContext.current?.traceID))
            return .done
        }
        try await broker.publish(JobEnvelope(Greet("hello"), trace: trace))
        let run = try await seen.next()
        try require(run.text, is: "hello")
        try require(run.attempt, is: 1)
        try require(run.trace, is: trace.traceID)
        try await worker.stop()
        // It was acked: whoever comes next does not get it.
        try await broker.publish(JobEnvelope(Greet("next")))
        let tap = Tap(broker, "test.greetings")
        try require(try await tap.next().text, is: "next")
        await tap.close()
    }

    static func workerRetriesAndGivesUp(_ broker: any JobBroker) async throws {
        struct Unwell: Error, CustomStringConvertible { var description: String { "not today" } }
        let dead = Tap(broker, "test.greetings.dead")
        let attempts = Mailbox<Int>()
        let worker = RunningWorker(broker) { _, context in
            attempts.put(context.attempt)
            throw Unwell()
        }
        let envelope = try JobEnvelope(Greet("hopeless"))
        try await broker.publish(envelope)
        try require(try await attempts.next(), is: 1)
        try require(try await attempts.next(), is: 2)
        let delivery = try await dead.next()
        let letter = try unwrap(DeadLetter(delivery.envelope))
        try require(delivery.envelope.id, is: envelope.id)
        try require(letter.reason, is: "not today")
        try require(letter.errorType, is: "Unwell")
        try require(letter.attempts, is: 2)
        try require(letter.worker, is: "test-worker")
        try require(letter.originalRoutingKey, is: "test.greet")
        try require(letter.firstFailureAt < letter.lastFailureAt, "first failure is not before the last")
        try require(delivery.envelope.body, is: envelope.body)
        delivery.ack()
        try await worker.stop()
        await dead.close()
    }

    static func workerBuriesTheRejected(_ broker: any JobBroker) async throws {
        let dead = Tap(broker, "test.greetings.dead")
        let worker = RunningWorker(broker) { greeting, _ in
            if greeting.text == "thrown" { throw JobRejection("never, thrown") }
            return .reject(reason: "never, returned")
        }
        for (text, errorType) in [("thrown", "JobRejection"), ("returned", "Reject")] {
            try await broker.publish(JobEnvelope(Greet(text)))
            let delivery = try await dead.next()
            let letter = try unwrap(DeadLetter(delivery.envelope))
            try require(letter.reason, is: "never, \(text)")
            try require(letter.errorType, is: errorType)
            try require(letter.attempts, is: 1)
            delivery.ack()
        }
        try await worker.stop()
        await dead.close()
    }

    static func workerBuriesTheUndecodable(_ broker: any JobBroker) async throws {
        let dead = Tap(broker, "test.greetings.dead")
        let worker = RunningWorker(broker) { _, _ in .done }
        for (body, reason) in [
            ("no JSON at all", "the body is not valid JSON"), (#"{"txt":1}"#, "text is missing"),
            (#"{"text":1}"#, "text is no String"),
        ] {
            let envelope = JobEnvelope(id: UUIDv7().description, name: "test.greet", body: Array(body.utf8))
            try await broker.publish(envelope)
            let delivery = try await dead.next()
            let letter = try unwrap(DeadLetter(delivery.envelope))
            try require(letter.reason, is: reason)
            try require(letter.errorType, is: "DecodingError")
            try require(delivery.envelope.body, is: envelope.body)
            delivery.ack()
        }
        try await worker.stop()
        await dead.close()
    }

    static func workerBuriesTheUnknown(_ broker: any JobBroker) async throws {
        let dead = Tap(broker, "test.greetings.dead")
        let worker = RunningWorker(broker) { _, _ in .done }
        try await broker.publish(JobEnvelope(id: UUIDv7().description, name: "test.other", body: []))
        let delivery = try await dead.next()
        try require(try unwrap(DeadLetter(delivery.envelope)).errorType, is: "UnknownJob")
        delivery.ack()
        try await worker.stop()
        await dead.close()
    }

    static func workerSnoozesWithoutSpendingAttempts(_ broker: any JobBroker) async throws {
        let attempts = Mailbox<Int>()
        let snoozes = Countdown(2)
        let worker = RunningWorker(broker) { _, context in
            attempts.put(context.attempt)
            return snoozes.tick() ? .snooze(for: .seconds(1)) : .done
        }
        try await broker.publish(JobEnvelope(Greet("later")))
        // Two attempts are all that the queue grants; three runs show that a snooze is none.
        for _ in 1...3 { try require(try await attempts.next(), is: 1) }
        try await worker.stop()
    }

    static func workerEnforcesTheDeadline(_ broker: any JobBroker) async throws {
        let dead = Tap(broker, "test.greetings.dead")
        let worker = RunningWorker(broker, try Fixture.definition(deadlineSeconds: 1)) { _, _ in
            try await Task.sleep(for: .seconds(600))
            return .done
        }
        try await broker.publish(JobEnvelope(Greet("endless")))
        let delivery = try await dead.next()
        let letter = try unwrap(DeadLetter(delivery.envelope))
        try require(letter.errorType, is: "DeadlineExceeded")
        try require(letter.attempts, is: 2)
        delivery.ack()
        try await worker.stop()
        await dead.close()
    }

    static func workerRunsBatches(_ broker: any JobBroker) async throws {
        struct Greeter: BatchJobHandler {
            let maximumBatch = 3
            let maximumWait = Duration.milliseconds(100)
            let batches: Mailbox<[String]>

            func handle(_ batch: [BatchItem<Greet>]) async throws -> [Outcome] {
                batches.put(batch.map(\.payload.text))
                return batch.map { $0.payload.text == "bad" ? .reject(reason: "bad") : .done }
            }
        }
        let dead = Tap(broker, "test.greetings.dead")
        let batches = Mailbox<[String]>()
        for text in ["1", "bad", "3", "4"] { try await broker.publish(JobEnvelope(Greet(text))) }
        let worker = RunningWorker(broker, batchHandlers: [Greeter(batches: batches)])
        // A full batch at once, the rest when the first of it has waited long enough.
        try require(try await batches.next(), is: ["1", "bad", "3"])
        try require(try await batches.next(), is: ["4"])
        // Each job of the batch was settled by its own outcome.
        let delivery = try await dead.next()
        try require(delivery.text, is: "bad")
        delivery.ack()
        try await worker.stop()
        try require(batches.count, is: 0)
        await dead.close()
    }

    static func workerStopsGracefully(_ broker: any JobBroker) async throws {
        let started = Mailbox<Void>()
        let mayEnd = Gate()
        let worker = RunningWorker(broker, concurrency: 1) { _, _ in
            started.put(())
            await mayEnd.opened()
            return .done
        }
        try await broker.publish(JobEnvelope(Greet("in flight")))
        try await broker.publish(JobEnvelope(Greet("prefetched")))
        try await started.next()
        worker.cancel()
        mayEnd.open()
        try await worker.ended()
        // What ran was finished and acked, what had not started was left to the next.
        let tap = Tap(broker, "test.greetings")
        try require(try await tap.next().text, is: "prefetched")
        try require(started.count, is: 0)
        await tap.close()
    }

    /// However often a worker is restarted, jobs that it never started do not become suspects.
    static func workerGivesBackWhatItDidNotStart(_ broker: any JobBroker) async throws {
        let texts = (1...8).map(String.init)
        for text in texts { try await broker.publish(JobEnvelope(Greet(text))) }
        let started = Mailbox<String>()
        var seen: [String] = []
        for _ in 1...3 {
            let mayEnd = Gate()
            let worker = RunningWorker(broker, concurrency: 1) { greeting, _ in
                started.put(greeting.text)
                await mayEnd.opened()
                return .done
            }
            seen.append(try await started.next())
            worker.cancel()
            mayEnd.open()
            try await worker.ended()
            try require(started.count, is: 0)
        }
        let tap = Tap(broker, "test.greetings")
        for _ in 4...8 {
            let delivery = try await tap.next()
            try require(delivery.deliveryCount, is: 0)
            try require(delivery.envelope.attempt, is: 1)
            seen.append(try unwrap(delivery.text))
            delivery.ack()
        }
        try require(seen.sorted(), is: texts)
        await tap.close()
    }

    static func workerLeavesWhatOutlivesTheGracePeriod(_ broker: any JobBroker) async throws {
        let started = Mailbox<Void>()
        let worker = RunningWorker(broker, gracePeriod: .zero) { _, _ in
            started.put(())
            try await Task.sleep(for: .seconds(600))
            return .done
        }
        try await broker.publish(JobEnvelope(Greet("endless")))
        try await started.next()
        try await worker.stop()
        let tap = Tap(broker, "test.greetings")
        let again = try await tap.next()
        try require(again.text, is: "endless")
        try require(again.envelope.attempt, is: 1)
        await tap.close()
    }

    static func workerMovesSuspectsAside(_ broker: any JobBroker) async throws {
        try await broker.publish(JobEnvelope(Greet("suspect")))
        // Two workers vanish while they hold it.
        for _ in 1...2 {
            let tap = Tap(broker, "test.greetings")
            _ = try await tap.next()
            await tap.close()
        }
        let metrics = MetricsRegistry()
        let done = Mailbox<String>()
        let worker = RunningWorker(broker, metrics: metrics) { greeting, _ in
            done.put(greeting.text)
            return .done
        }
        // It is not run beside others, but moved to where the same worker runs one at a time.
        try require(try await done.next(), is: "suspect")
        try await worker.stop()
        for (job, outcome) in [("suspect", "suspect"), ("test.greet", "done")] {
            let sample = #"jobs_processed_total{job="\#(job)",outcome="\#(outcome)",queue="test.greetings"} 1"#
            try require(metrics.render().contains(sample), "\(sample) is not among the metrics")
        }
    }

    static func workerNamesMissingQueues(_ broker: any JobBroker) async throws {
        let queue = try QueueDefinition(
            name: "test.nowhere",
            bindings: ["test.greet"],
            retry: .init(rungsSeconds: [1], attempts: 2)
        )
        let worker = RunningWorker(broker, queue) { _, _ in .done }
        do {
            try await worker.ended()
            throw ConformanceFailure(description: "a worker without queues started")
        } catch let error as WorkerError {
            let names = ["test.nowhere", "test.nowhere.retry.1s", "test.nowhere.suspect", "test.nowhere.dead"]
            try require(error, is: .missingQueues(names))
        }
    }

    static func workerGivesBackWhatItHasNotStartedWhenPaused(_ broker: any JobBroker) async throws {
        let control = InMemoryQueueControl()
        let started = Mailbox<String>()
        let mayEnd = Gate()
        let worker = RunningWorker(broker, control: control) { greeting, _ in
            started.put(greeting.text)
            await mayEnd.opened()
            return .done
        }
        // As many as the worker's prefetch: four run, four wait in it.
        for number in 1...8 { try await broker.publish(JobEnvelope(Greet("\(number)"))) }
        for _ in 1...4 { _ = try await started.next() }
        control.pause("test.greetings")
        // What waited comes back to the queue, and nothing of it counts as a delivery that failed.
        let tap = Tap(broker, "test.greetings")
        var given: [JobDelivery] = []
        for _ in 1...4 { given.append(try await tap.next()) }
        try require(given.map(\.deliveryCount), is: [0, 0, 0, 0])
        try require(given.map(\.envelope.attempt), is: [1, 1, 1, 1])
        try require(given.compactMap(\.text).sorted(), is: ["5", "6", "7", "8"])
        for delivery in given { delivery.ack() }
        await tap.close()
        // What runs is finished, and no other starts.
        try await broker.publish(JobEnvelope(Greet("late")))
        mayEnd.open()
        let other = Tap(broker, "test.greetings")
        let late = try await other.next()
        try require(late.text, is: "late")
        late.ack()
        await other.close()
        try require(started.count, is: 0)
        control.resume("test.greetings")
        try await broker.publish(JobEnvelope(Greet("resumed")))
        try require(try await started.next(), is: "resumed")
        try await worker.stop()
    }

    static func workerOfAPausedQueueTakesNothing(_ broker: any JobBroker) async throws {
        let control = InMemoryQueueControl()
        control.pause("test.greetings")
        let metrics = MetricsRegistry()
        let started = Mailbox<String>()
        try await broker.publish(JobEnvelope(Greet("early")))
        let worker = RunningWorker(broker, metrics: metrics, control: control) { greeting, _ in
            started.put(greeting.text)
            return .done
        }
        let paused = metrics.gauge("queue_paused", help: "", labels: ["queue": "test.greetings"])
        try await eventually("the worker sees the pause") { paused.value == 1 }
        // It is handed to somebody else, not to the paused worker.
        let tap = Tap(broker, "test.greetings")
        let delivery = try await tap.next()
        try require(delivery.deliveryCount, is: 0)
        delivery.ack()
        await tap.close()
        control.resume("test.greetings")
        try await broker.publish(JobEnvelope(Greet("resumed")))
        try require(try await started.next(), is: "resumed")
        try await eventually("the worker sees the end of the pause") { paused.value == 0 }
        try await worker.stop()
    }
}

func unwrap<Value>(_ value: Value?, line: Int = #line) throws -> Value {
    guard let value else { throw ConformanceFailure(description: "line \(line): nothing there") }
    return value
}

/// A worker in a task of its own, with a closure as its handler.
struct RunningWorker: Sendable {
    struct Handler: JobHandler {
        let body: @Sendable (Greet, JobContext) async throws -> Outcome

        func handle(_ payload: Greet, context: JobContext) async throws -> Outcome {
            try await body(payload, context)
        }
    }

    private let task: Task<Void, any Error>

    init(
        _ broker: any JobBroker,
        _ queue: QueueDefinition? = nil,
        concurrency: Int? = nil,
        gracePeriod: Duration = .seconds(30),
        metrics: MetricsRegistry = MetricsRegistry(),
        control: any QueueControl = InMemoryQueueControl(),
        _ body: @escaping @Sendable (Greet, JobContext) async throws -> Outcome
    ) {
        self.init(broker, queue, [Handler(body: body)], [], concurrency, gracePeriod, metrics, control)
    }

    init(_ broker: any JobBroker, batchHandlers: [any BatchJobHandler]) {
        self.init(broker, nil, [], batchHandlers, nil, .seconds(30), MetricsRegistry(), InMemoryQueueControl())
    }

    private init(
        _ broker: any JobBroker,
        _ queue: QueueDefinition?,
        _ handlers: [any JobHandler],
        _ batchHandlers: [any BatchJobHandler],
        _ concurrency: Int?,
        _ gracePeriod: Duration,
        _ metrics: MetricsRegistry,
        _ control: any QueueControl
    ) {
        task = Task {
            let worker = Worker(
                queue: try queue ?? Fixture.queue,
                broker: broker,
                handlers: handlers,
                batchHandlers: batchHandlers,
                concurrency: concurrency,
                gracePeriod: gracePeriod,
                control: control,
                name: "test-worker",
                metrics: metrics
            )
            try await worker.run()
        }
    }

    func cancel() { task.cancel() }

    func ended() async throws { try await task.value }

    func stop() async throws {
        cancel()
        try await ended()
    }
}
