import AMQP
import DeadLetters
import Foundation
import Jobs
import JobsAMQP
import Observability
import TestSupport
import Testing
import Topology

/// Whatever a job dies of, its dead letter says all that an operator needs.
@Suite struct DeathPathsTests {
    private struct Unwell: Error, CustomStringConvertible { var description: String { "not today" } }

    private struct Hopeless: Error, CustomStringConvertible { var description: String { "not ever" } }

    private struct Handler: JobHandler {
        func handle(_ payload: Greet, context: JobContext) async throws -> Outcome {
            if payload.text == "reject" { return .reject(reason: "never") }
            if payload.text == "hopeless" { throw Hopeless() }
            throw Unwell()
        }
    }

    private static func queue() throws -> QueueDefinition {
        try QueueDefinition(
            name: "q",
            bindings: ["test.greet", "test.other"],
            retry: .init(rungsSeconds: [1], attempts: 2, never: ["Hopeless"])
        )
    }

    private func letters(_ count: Int, in server: TestBroker) async throws -> [DeadLetterEntry] {
        let session = try await server.session()
        try await eventually("\(count) dead letters") { try await session.messageCount("q.dead") == count }
        await session.close()
        let limits = ["q.suspect": 5]
        return try await DeadLetterPass.with("q.dead", at: server.configuration, deliveryLimits: limits) { pass in
            var entries: [DeadLetterEntry] = []
            while true {
                let letters = try await pass.next(atMost: 2 + entries.count)
                if letters.isEmpty { return entries }
                entries += letters.map(\.entry)
            }
        }
    }

    @Test(arguments: [
        (Greet.name, #"{"text":"reject"}"#, "never", "Reject", 1),
        (Greet.name, #"{"text":"fail"}"#, "not today", "Unwell", 2),
        (Greet.name, #"{"text":"hopeless"}"#, "not ever", "Hopeless", 1),
        (Greet.name, #"{"txt":1}"#, "text is missing", "DecodingError", 1),
        ("test.other", "{}", #"no handler in this worker for the job "test.other""#, "UnknownJob", 1),
    ])
    func aWorkersLetterIsComplete(job: String, body: String, reason: String, errorType: String, attempts: Int)
        async throws
    {
        try await withTestBroker { server in
            let queue = try Self.queue()
            try await server.withJobs(Topology([queue])) { broker in
                let worker = Worker(queue: queue, broker: broker, handlers: [Handler()], metrics: MetricsRegistry())
                let working = Task { try await worker.run() }
                let trace = TraceContext.new()
                let began = Date()
                for traceparent in [trace.traceparent, nil] {
                    let envelope = JobEnvelope(
                        id: UUIDv7().description,
                        name: job,
                        body: Array(body.utf8),
                        correlationID: "c",
                        idempotencyKey: "k",
                        traceparent: traceparent
                    )
                    try await broker.publish(envelope)
                }
                let entries = try await letters(2, in: server)
                working.cancel()
                _ = await working.result
                #expect(entries.count { $0.envelope.traceparent == trace.traceparent } == 1)
                for entry in entries {
                    let letter = entry.letter
                    #expect(letter.reason == reason)
                    #expect(letter.errorType == errorType)
                    #expect(letter.attempts == attempts)
                    // Headers say milliseconds.
                    #expect(letter.firstFailureAt > began - 0.01)
                    #expect(attempts == 1 || letter.firstFailureAt < letter.lastFailureAt)
                    #expect(letter.lastFailureAt < Date())
                    #expect(letter.worker == ProcessName.current)
                    #expect(letter.originalRoutingKey == job)
                    #expect(entry.id != nil)
                    #expect(entry.deaths.isEmpty)
                    #expect(entry.envelope.name == job)
                    #expect(entry.envelope.correlationID == "c")
                    #expect(entry.envelope.idempotencyKey == "k")
                    // A job that came without a trace has that of its run, by which its log lines are found.
                    #expect(entry.envelope.traceparent.flatMap(TraceContext.init(traceparent:)) != nil)
                    #expect(entry.envelope.body == Array(body.utf8))
                }
            }
        }
    }

    /// A suspect that kills its worker each time: a worker moved it, and the broker buried it.
    @Test func aSuspectsLetterIsComplete() async throws {
        try await withTestBroker { server in
            let queue = try Self.queue()
            try await server.withJobs(Topology([queue])) { broker in
                let envelope = try JobEnvelope(Greet("killer"), correlationID: "c", trace: .new())
                let began = Date()
                try await broker.send(envelope, toQueue: queue.suspectQueue)
                let observer = try await server.session()
                try await eventually("the broker gives it up") {
                    let doomed = try await server.session()
                    _ = try await doomed.get(queue.suspectQueue)
                    await doomed.close()
                    return try await observer.messageCount(queue.deadQueue) == 1
                }
                await observer.close()
                let entry = try #require(try await letters(1, in: server).first)
                #expect(entry.letter.reason == "killed its worker 6 times: delivery limit of q.suspect")
                #expect(entry.letter.errorType == "DeliveryLimit")
                #expect(entry.letter.attempts == 1)
                // x-death says whole seconds.
                #expect(entry.letter.lastFailureAt > began - 2 && entry.letter.lastFailureAt < Date() + 2)
                #expect(entry.letter.firstFailureAt == entry.letter.lastFailureAt)
                #expect(entry.letter.originalRoutingKey == "test.greet")
                #expect(entry.id == envelope.id)
                #expect(entry.envelope.traceparent == envelope.traceparent)
                #expect(entry.envelope.correlationID == "c")
                #expect(entry.deaths.map(\.queue) == ["q.suspect"])
            }
        }
    }

    /// All, fewer than all, and none at all.
    @Test func aPassSeesEachLetterOnce() async throws {
        try await withTestBroker { server in
            try await server.withJobs(Topology([Self.queue()])) { broker in
                #expect(try await letters(0, in: server).isEmpty)
                var ids: [String] = []
                for _ in 1...5 {
                    let envelope = try JobEnvelope(Greet("dead"))
                    try await broker.send(envelope, toQueue: "q.dead")
                    ids.append(envelope.id)
                }
                #expect(try await letters(5, in: server).map(\.id) == ids)
                try await DeadLetterPass.with("q.dead", at: server.configuration, deliveryLimits: [:]) { pass in
                    #expect(pass.count == 5)
                    let two = try await pass.next(atMost: 2)
                    try await pass.forget(two[1].receipt)
                    let late = try JobEnvelope(Greet("late"))
                    try await broker.send(late, toQueue: "q.dead")
                    #expect(try await pass.next(atMost: 100).map(\.entry.id) == Array(ids[2...]))
                    #expect(try await pass.next(atMost: 100).isEmpty)
                    ids.remove(at: 1)
                    ids.append(late.id)
                }
                #expect(try await letters(5, in: server).map(\.id) == ids)
            }
        }
    }

    /// A longer queue takes several subscriptions.
    @Test func aLongPassSeesEachLetterOnceInOrder() async throws {
        try await withTestBroker { server in
            try await server.withJobs(Topology([Self.queue()])) { broker in
                let sent = try await withThrowingTaskGroup(of: String.self) { group in
                    for _ in 1...2_100 {
                        group.addTask {
                            let envelope = try JobEnvelope(Greet("dead"))
                            try await broker.send(envelope, toQueue: "q.dead")
                            return envelope.id
                        }
                    }
                    return try await group.reduce(into: Set()) { $0.insert($1) }
                }
                let seen = try await letters(2_100, in: server).map(\.id)
                #expect(seen.count == 2_100)
                #expect(Set(seen.compactMap(\.self)) == sent)
                #expect(try await letters(2_100, in: server).map(\.id) == seen)
            }
        }
    }
}
