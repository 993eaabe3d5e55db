import AMQP
import Foundation
import Jobs
import JobsAMQP
import Observability
import Postgres
import TestSupport
import Testing
import Threading
import Topology

/// One poison message among ten thousand good ones.
@Suite(.serialized) struct PoisonTests {
    private static let good = 10_000

    private struct Step: Job {
        static let name = "fixture.step"
        let number: Int
        var isDeadly = false
    }

    private struct Handler: JobHandler {
        let starts: Lock<[Int: Int]>

        func handle(_ step: Step, context: JobContext) async throws -> Outcome {
            starts.withLock { $0[step.number, default: 0] += 1 }
            if step.number < 0 { throw Hopeless() }
            return .done
        }
    }

    private struct Hopeless: Error, CustomStringConvertible {
        var description: String { "this step never works" }
    }

    private static func queue() throws -> QueueDefinition {
        try QueueDefinition(
            name: "steps",
            bindings: [Step.name],
            concurrency: 16,
            retry: .init(rungsSeconds: [1], attempts: 3)
        )
    }

    /// Publishes the good ones, with `poison` in their midst.
    private func publish(_ poison: [JobEnvelope], to broker: AMQPBroker) async throws {
        var envelopes = try (0..<Self.good).map { try JobEnvelope(Step(number: $0)) }
        envelopes.insert(contentsOf: poison, at: Self.good / 2)
        // In the order of the list: one connection, and batches no larger than its window.
        for start in stride(from: 0, to: envelopes.count, by: 500) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for envelope in envelopes[start..<min(start + 500, envelopes.count)] {
                    group.addTask { try await broker.publish(envelope) }
                }
                try await group.waitForAll()
            }
        }
    }

    private func count(_ query: PostgresQuery, _ pool: PostgresPool) async throws -> Int {
        try await pool.query(query)[0].decode(0, as: Int.self)
    }

    private func letters(_ session: AMQPSession) async throws -> [AMQPDelivery] {
        var letters: [AMQPDelivery] = []
        while let letter = try await session.get("steps.dead") { letters.append(letter) }
        return letters
    }

    @Test func aMessageThatFailsIsDeadAloneAndNoNeighbourRunsTwice() async throws {
        try await withTestBroker { server in
            let queue = try Self.queue()
            try await server.withJobs(Topology([queue])) { broker in
                let failing = try JobEnvelope(Step(number: -1))
                let garbage = JobEnvelope(id: UUIDv7().description, name: Step.name, body: Array("{\"number\":".utf8))
                try await publish([failing, garbage], to: broker)
                let starts = Lock<[Int: Int]>([:])
                let worker = Worker(
                    queue: queue,
                    broker: broker,
                    handlers: [Handler(starts: starts)],
                    metrics: MetricsRegistry()
                )
                let working = Task { try await worker.run() }
                let session = try await server.session()
                try await eventually("both are dead", every: .milliseconds(50)) {
                    try await session.messageCount("steps.dead") == 2
                }
                try await eventually("all are done") { starts.withLock { $0.count } == Self.good + 1 }
                working.cancel()
                _ = await working.result
                let runs = starts.withLock { $0 }
                #expect((0..<Self.good).allSatisfy { runs[$0] == 1 })
                #expect(runs[-1] == 3)
                let reasons = try await letters(session).reduce(into: [String: AMQPValue]()) {
                    $0[$1.message.properties.messageID ?? ""] = $1.message.properties.headers["x-wharf-reason"]
                }
                #expect(reasons.count == 2)
                #expect(reasons[failing.id] == .string("this step never works"))
                guard case .string(let decoding) = reasons[garbage.id] else {
                    Issue.record("the garbage has no reason")
                    return
                }
                #expect(!decoding.isEmpty)
                #expect(try await session.messageCount("steps") == 0)
                await session.close()
            }
        }
    }

    @Test func aMessageThatKillsItsWorkerIsDeadAlone() async throws {
        let database = try await TestDatabase.make()
        let pool = PostgresPool(.init(url: try database.superuserURL, size: 2))
        _ = try await pool.query("CREATE TABLE starts (number int NOT NULL)")
        _ = try await pool.query("CREATE TABLE effects (number int NOT NULL)")
        try await withTestBroker { server in
            try await server.withJobs(Topology([Self.queue()])) { broker in
                let deadly = try JobEnvelope(Step(number: -1, isDeadly: true))
                try await publish([deadly], to: broker)
                let session = try await server.session()
                let deaths = try await supervise(
                    server,
                    database,
                    until: {
                        guard try await session.messageCount("steps.dead") == 1 else { return false }
                        return try await count("SELECT count(*) FROM effects", pool) == Self.good
                    }
                )
                #expect(
                    try await count("SELECT count(DISTINCT number) FROM effects WHERE number >= 0", pool) == Self.good
                )
                #expect(try await count("SELECT count(*) FROM effects", pool) == Self.good)
                let again = try await pool.query(
                    "SELECT number FROM starts WHERE number >= 0 GROUP BY number HAVING count(*) > 1"
                ).count
                let runs = try await count("SELECT count(*) FROM starts WHERE number = -1", pool)
                print("poison: \(deaths) deaths, \(again) of \(Self.good) neighbours begun twice, each with one effect")
                #expect(deaths == runs)
                // Nothing but what ran in the very moment of a death may begin again.
                #expect(again <= deaths * 15)
                let dead = try await letters(session)
                #expect(dead.map(\.message.properties.messageID) == [deadly.id])
                let death = try #require(dead.first).message.properties.headers["x-death"]
                #expect("\(String(describing: death))".contains("delivery_limit"))
                for empty in ["steps", "steps.suspect"] { #expect(try await session.messageCount(empty) == 0) }
                await session.close()
            }
        }
        await pool.shutdown()
        try await database.drop()
    }

    /// Runs the worker, and runs it again whenever it was killed, until `isOver`.
    /// - Returns: how often it was killed.
    private func supervise(
        _ server: TestBroker,
        _ database: TestDatabase,
        until isOver: () async throws -> Bool
    ) async throws -> Int {
        let program = try TestEnvironment.value("TEST_PROGRAMS") + "/runtime-fixture"
        let environment = [
            "PATH": "/usr/bin:/bin", "AMQP_URL": server.url, "DATABASE_URL": try database.superuserURL,
        ]
        var deaths = 0
        var worker = try TestProcess(program, ["step-worker"], environment: environment)
        try await eventually(
            "the poison is dead and all others are done",
            within: .seconds(180),
            every: .milliseconds(50)
        ) {
            if !worker.isRunning {
                #expect(try await worker.ended() == -SIGKILL, "\(worker.output.suffix(2_000))")
                deaths += 1
                worker = try TestProcess(program, ["step-worker"], environment: environment)
            }
            return try await isOver()
        }
        worker.send(SIGTERM)
        #expect(try await worker.ended() == 0, "\(worker.output.suffix(2_000))")
        return deaths
    }
}
