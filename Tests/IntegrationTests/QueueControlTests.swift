import Jobs
import JobsAMQP
import Observability
import Postgres
import TestSupport
import Testing
import Topology

@testable import JobControl

/// Pauses and rate limits in PostgreSQL.
@Suite struct QueueControlTests {
    private struct Handler: JobHandler {
        let body: @Sendable (Greet, JobContext) async throws -> Outcome

        func handle(_ payload: Greet, context: JobContext) async throws -> Outcome {
            try await body(payload, context)
        }
    }

    /// Connections as the workers' role, which must be allowed all of this.
    private func withWorkerPool(_ body: (PostgresPool) async throws -> Void) async throws {
        let database = try await TestDatabase.make()
        let pool = PostgresPool(.init(url: try database.workerURL, size: 8))
        var failure: (any Error)?
        do { try await body(pool) } catch { failure = error }
        await pool.shutdown()
        try await database.drop()
        if let failure { throw failure }
    }

    private func entries(_ pool: PostgresPool) async throws -> [QueueControlStore.Entry] {
        try await QueueControlStore.entries(pool).sorted { $0.key < $1.key }.map(\.value)
    }

    @Test func keepsWhatOperatorsSay() async throws {
        try await withWorkerPool { pool in
            let control = PostgresQueueControl(pool: pool, pollInterval: .milliseconds(20))
            #expect(control.state(of: "q") == nil)
            let polling = Task { try await control.run() }
            try await eventually("it knows") { control.state(of: "q") == QueueState() }

            _ = try await pool.query(QueueControlStore.pause("q", by: "ada", reason: "stock-taking"))
            let first = try await entries(pool)
            #expect(first.map(\.queue) == ["q"])
            #expect(first.first?.pausedBy == "ada")
            #expect(first.first?.pauseReason == "stock-taking")
            try await eventually("the pause is known") { control.state(of: "q")?.isPaused == true }
            // Once more: since when stays, why changes.
            _ = try await pool.query(QueueControlStore.pause("q", by: "bob", reason: nil))
            let second = try await entries(pool)
            #expect(second.first?.pausedAt == first.first?.pausedAt)
            #expect(second.first?.pausedBy == "bob")
            #expect(second.first?.pauseReason == nil)

            for rate in [QueueState.Rate.perSecond(20), .unlimited, .standard] {
                _ = try await pool.query(QueueControlStore.limit("q", to: rate))
                try await eventually("the rate is known") {
                    control.state(of: "q") == QueueState(isPaused: true, rate: rate)
                }
            }
            for workers in [4, nil] {
                _ = try await pool.query(QueueControlStore.scale("q", to: workers))
                let entry = try await entries(pool).first
                #expect(entry?.workers == workers)
                #expect(entry?.pausedBy == "bob")
            }
            #expect(try await pool.query(QueueControlStore.resume("q")).affectedRows == 1)
            #expect(try await pool.query(QueueControlStore.resume("q")).affectedRows == 0)
            try await eventually("the end of the pause is known") { control.state(of: "q") == QueueState() }
            polling.cancel()
            _ = await polling.result
        }
    }

    @Test func whatWasKnownHoldsOnWhilePostgreSQLIsDown() async throws {
        let database = try await TestDatabase.make()
        let admin = PostgresPool(.init(url: try database.superuserURL, size: 1))
        let pool = PostgresPool(.init(url: try database.workerURL, size: 1))
        _ = try await admin.query(QueueControlStore.pause("q", by: "ada", reason: nil))
        await admin.shutdown()
        let control = PostgresQueueControl(pool: pool, pollInterval: .milliseconds(20))
        let polling = Task { try await control.run() }
        try await eventually("the pause is known") { control.state(of: "q")?.isPaused == true }
        try await database.drop()
        await #expect(throws: (any Error).self) { try await control.lease("q", jobs: 1, perSecond: 1) }
        #expect(control.state(of: "q")?.isPaused == true)
        polling.cancel()
        _ = await polling.result
        await pool.shutdown()
    }

    /// The same steps as of `RateHorizon`, which the pure tests know.
    @Test func leasesLikeTheHorizonInMemory() async throws {
        try await withWorkerPool { pool in
            let control = PostgresQueueControl(pool: pool)
            func delay(_ queue: String, jobs: Int) async throws -> Double? {
                try await control.lease(queue, jobs: jobs, perSecond: 2).map { $0.delay / .seconds(1) }
            }
            // From a quarter of a second ago; the statement's own time, however long, only makes it earlier.
            #expect(try #require(try await delay("q", jobs: 1_200)) <= -0.249)
            // That covers ten minutes, so nothing more is given away now.
            #expect(try await delay("q", jobs: 1) == nil)
            #expect(try #require(try await delay("other", jobs: 1)) <= -0.249)
            // Half a second after the one before.
            #expect(try #require(try await delay("other", jobs: 1)) <= 0.251)
            // A queue that was paused before has a row without a horizon.
            _ = try await pool.query(QueueControlStore.pause("paused", by: "ada", reason: nil))
            #expect(try #require(try await delay("paused", jobs: 1)) <= -0.249)
        }
    }

    /// The fleet's rate: three workers that have nothing in common but PostgreSQL and RabbitMQ.
    @Test func threeWorkersTogetherKeepToOneRate() async throws {
        let limit = 20
        let seconds = TestEnvironment.isFull ? 30 : 8
        let queue = try QueueDefinition(
            name: "q",
            bindings: ["test.greet"],
            concurrency: 4,
            retry: .init(rungsSeconds: [1], attempts: 2),
            rateLimit: .init(perSecond: limit)
        )
        let database = try await TestDatabase.make()
        try await withTestBroker { server in
            try await server.withJobs(Topology([queue])) { broker in
                let started = Mailbox<(worker: Int, at: ContinuousClock.Instant)>()
                for number in 1...(limit * (seconds + 5)) { try await broker.publish(JobEnvelope(Greet("\(number)"))) }
                try await withThrowingTaskGroup { group in
                    for number in 0..<3 {
                        let pool = PostgresPool(.init(url: try database.workerURL, size: 2))
                        let control = PostgresQueueControl(pool: pool)
                        group.addTask {
                            do { try await control.run() } catch is CancellationError {}
                            await pool.shutdown()
                        }
                        let handler = Handler { _, _ in
                            started.put((number, .now))
                            return .done
                        }
                        let worker = Worker(
                            queue: queue,
                            broker: broker,
                            handlers: [handler],
                            control: control,
                            metrics: MetricsRegistry()
                        )
                        group.addTask { try await worker.run() }
                    }
                    let first = try await started.next()
                    let end = first.at + .seconds(seconds)
                    var counts = [0, 0, 0]
                    counts[first.worker] += 1
                    while case let start = try await started.next(), start.at < end { counts[start.worker] += 1 }
                    group.cancelAll()
                    let total = counts.reduce(0, +)
                    let expected = limit * seconds
                    #expect(total <= expected * 11 / 10, "\(counts) in \(seconds) s")
                    // On a busy machine a short run may fall behind; a long one makes up for it.
                    #expect(total >= expected * (TestEnvironment.isFull ? 9 : 5) / 10, "\(counts) in \(seconds) s")
                    #expect(counts.allSatisfy { $0 > 0 }, "\(counts) in \(seconds) s")
                }
            }
        }
        try await database.drop()
    }
}
