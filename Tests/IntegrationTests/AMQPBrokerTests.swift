import AMQP
import Foundation
import Jobs
import JobsAMQP
import Observability
import TestSupport
import Testing
import Topology

/// What only RabbitMQ can show: messages that are no jobs, headers on the wire, cut connections.
@Suite struct AMQPBrokerTests {
    private struct Handler: JobHandler {
        let body: @Sendable (Greet, JobContext) async throws -> Outcome

        func handle(_ payload: Greet, context: JobContext) async throws -> Outcome {
            try await body(payload, context)
        }
    }

    private static func queue() throws -> QueueDefinition {
        try QueueDefinition(name: "q", bindings: ["test.greet"], retry: .init(rungsSeconds: [1], attempts: 2))
    }

    private func withWorker(
        _ queue: QueueDefinition,
        on broker: AMQPBroker,
        _ handler: @escaping @Sendable (Greet, JobContext) async throws -> Outcome,
        _ body: () async throws -> Void
    ) async throws {
        let worker = Worker(
            queue: queue,
            broker: broker,
            handlers: [Handler(body: handler)],
            metrics: MetricsRegistry()
        )
        let working = Task { try await worker.run() }
        var failure: (any Error)?
        do { try await body() } catch { failure = error }
        working.cancel()
        _ = await working.result
        if let failure { throw failure }
    }

    /// The next message of a queue, taken off it.
    private func next(in queue: String, _ session: AMQPSession) async throws -> AMQPDelivery {
        let found = Mailbox<AMQPDelivery>()
        try await eventually("a message in \(queue)") {
            guard let delivery = try await session.get(queue, acknowledges: true) else { return false }
            found.put(delivery)
            return true
        }
        return try await found.next()
    }

    @Test func aJobLooksOnTheWireAsTheContractSays() async throws {
        try await withTestBroker { server in
            try await server.withJobs(Topology([Self.queue()]), application: "api") { broker in
                let trace = TraceContext.new()
                var envelope = try JobEnvelope(Greet("hé"), correlationID: "c", idempotencyKey: "k", trace: trace)
                envelope.lsn = "0/16B3748"
                try await broker.publish(envelope)
                let session = try await server.session()
                let delivery = try await next(in: "q", session)
                let properties = delivery.message.properties
                #expect(delivery.exchange == "wharf.jobs")
                #expect(delivery.routingKey == "test.greet")
                #expect(delivery.message.body == Array(#"{"text":"hé"}"#.utf8))
                #expect(properties.messageID == envelope.id)
                #expect(properties.type == "test.greet")
                #expect(properties.contentType == "application/json")
                #expect(properties.deliveryMode == 2)
                #expect(properties.appID == "api")
                #expect(properties.correlationID == "c")
                #expect(abs(properties.timestamp?.timeIntervalSinceNow ?? 1_000) < 100)
                #expect(properties.headers["traceparent"] == .string(trace.traceparent))
                #expect(properties.headers["x-wharf-lsn"] == "0/16B3748")
                #expect(properties.headers["x-wharf-attempt"] == 1)
                #expect(properties.headers["x-wharf-version"] == 1)
                #expect(properties.headers["x-wharf-idempotency-key"] == "k")
                await session.close()
            }
        }
    }

    /// Garbage of every kind is buried with a reason, and the good job behind it is done.
    @Test func messagesThatAreNoJobsAreBuried() async throws {
        try await withTestBroker { server in
            let queue = try Self.queue()
            try await server.withJobs(Topology([queue])) { broker in
                let session = try await server.session()
                let garbage: [AMQPMessage] = [
                    AMQPMessage(body: []),
                    AMQPMessage(body: (0..<2_000).map { _ in UInt8.random(in: 0...255) }),
                    AMQPMessage(
                        body: Array("{}".utf8),
                        properties: {
                            var properties = AMQPProperties()
                            properties.type = "test.greet"
                            properties.headers = [
                                "x-wharf-attempt": "many", "x-wharf-version": .array(["1"]),
                                "traceparent": .table(["a": 1]), "x-death": .array([.table(["count": 9])]),
                                "x-odd": .bytes([0, 255]),
                            ]
                            return properties
                        }()
                    ),
                ]
                for message in garbage { try await session.publish(message, exchange: "", routingKey: "q") }
                let done = Mailbox<String>()
                try await withWorker(queue, on: broker) { greeting, _ in
                    done.put(greeting.text)
                    return .done
                } _: {
                    try await broker.publish(JobEnvelope(Greet("good")))
                    #expect(try await done.next() == "good")
                    var bodies: Set<[UInt8]> = []
                    for _ in garbage {
                        let letter = try await next(in: "q.dead", session)
                        bodies.insert(letter.message.body)
                        guard case .string(let reason) = letter.message.properties.headers["x-wharf-reason"] else {
                            Issue.record("a dead letter without a reason")
                            continue
                        }
                        #expect(!reason.isEmpty)
                        #expect(letter.message.properties.messageID != nil)
                        #expect(letter.message.properties.headers["x-death"] == nil)
                    }
                    #expect(bodies == Set(garbage.map(\.body)))
                }
                await session.close()
            }
        }
    }

    /// Every connection is cut while jobs run: each is run again, each ends exactly once in the dead letters.
    @Test func cutConnectionsLoseAndDoubleNothing() async throws {
        try await withTestBroker { server in
            let queue = try Self.queue()
            try await server.withJobs(Topology([queue])) { broker in
                let started = Mailbox<String>()
                let mayEnd = Gate()
                try await withWorker(queue, on: broker) { greeting, _ in
                    started.put(greeting.text)
                    await mayEnd.opened()
                    return .reject(reason: "seen")
                } _: {
                    try await broker.publish(JobEnvelope(Greet("one")))
                    #expect(try await started.next() == "one")
                    // The management lists a connection some seconds after it was made.
                    try await eventually("connections are cut") { try server.closeConnections() >= 3 }
                    #expect(try await started.next() == "one")
                    mayEnd.open()
                    let session = try await server.session()
                    _ = try await next(in: "q.dead", session)
                    try await eventually("nothing is left") {
                        let left = try server.manage("GET", "/api/queues/\(server.virtualHost)/q?columns=messages")
                        return left.contains(#""messages":0"#)
                    }
                    #expect(try await session.get("q.dead") == nil)
                    await session.close()
                }
            }
        }
    }

    /// A rung that is missing keeps the job where it is until the operator has applied the queues again.
    @Test func aJobWaitsForItsMissingRung() async throws {
        try await withTestBroker { server in
            let queue = try Self.queue()
            try await server.withJobs(Topology([queue])) { broker in
                let attempts = Mailbox<Int>()
                try await withWorker(queue, on: broker) { greeting, context in
                    attempts.put(context.attempt)
                    return greeting.text == "patient" && context.attempt == 1 ? .retry(reason: "again") : .done
                } _: {
                    // Once it runs jobs, it has found all its queues.
                    try await broker.publish(JobEnvelope(Greet("first")))
                    _ = try await attempts.next()
                    let session = try await server.session()
                    try await session.deleteQueue("q.retry.1s")
                    try await broker.publish(JobEnvelope(Greet("patient")))
                    #expect(try await attempts.next() == 1)
                    try await server.withJobs(Topology([queue])) { _ in }
                    #expect(try await attempts.next() == 2)
                    await session.close()
                }
            }
        }
    }
}
