import AMQP
import Database
import Foundation
import Jobs
import JobsAMQP
import Observability
import Postgres
import TestSupport
import Testing
import Threading
import Topology

@testable import Outbox
@testable import Schedule

/// Each time of a periodic job is run once, however many schedulers there are and whoever of them is killed.
@Suite struct SchedulerTests {
    private struct EverySecond: Recurrence {
        func next(after date: Date) -> Date? {
            Date(timeIntervalSince1970: date.timeIntervalSince1970.rounded(.down) + 1)
        }
    }

    private func entry(_ name: String = "each.second", _ recurrence: any Recurrence = EverySecond()) -> ScheduleEntry {
        ScheduleEntry(name: name, cron: "", recurrence: recurrence, job: Greet.name, body: Array(#"{"text":"x"}"#.utf8))
    }

    /// The test's own time, which all schedulers share.
    private final class Time: Sendable {
        private let seconds: Lock<Double>
        init(_ start: Date) { seconds = Lock(start.timeIntervalSince1970) }
        var now: Date { Date(timeIntervalSince1970: seconds.withLock { $0 }) }
        func advance(_ by: Double) { seconds.withLock { $0 += by } }
    }

    private func scheduler(_ database: Database, _ time: Time, _ entries: [ScheduleEntry]) -> Scheduler {
        Scheduler(
            database: database,
            entries: entries,
            longestWait: .milliseconds(5),
            clock: { _ in time.now },
            metrics: MetricsRegistry()
        )
    }

    /// Sixty seconds of three schedulers. Before each second one of them is killed and comes back: cancelled in the
    /// middle of whatever it does, and its connections ended by the server.
    @Test func threeSchedulersWithRandomKillsRunEachTickOnce() async throws {
        let start = Date(timeIntervalSince1970: 1_795_521_600)
        let database = try await TestDatabase.make()
        let superuser = PostgresPool(.init(url: try database.superuserURL, size: 2))
        let time = Time(start)
        try await superuser.query("INSERT INTO cron_entries VALUES ('each.second', \(start))")
        var pools: [PostgresPool] = []
        var tasks: [Task<Void, any Error>] = []
        func launch(_ index: Int) throws {
            let pool = PostgresPool(.init(url: try database.workerURL, size: 2, applicationName: "scheduler\(index)"))
            let running = scheduler(Database(primary: pool), time, [entry()])
            let task = Task { try await running.run() }
            if index < pools.count {
                pools[index] = pool
                tasks[index] = task
            } else {
                pools.append(pool)
                tasks.append(task)
            }
        }
        for index in 0..<3 { try launch(index) }
        for second in 1...60 {
            let victim = Int.random(in: 0..<3)
            let isEarly = Bool.random()
            if isEarly { tasks[victim].cancel() }
            time.advance(1)
            try await superuser.query(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = \(database.name) AND application_name = \("scheduler\(victim)")
                """
            )
            tasks[victim].cancel()
            _ = await tasks[victim].result
            await pools[victim].shutdown()
            try launch(victim)
            try await eventually("second \(second) has been run") {
                try await superuser.query("SELECT FROM cron_ticks").count == second
            }
        }
        for task in tasks {
            task.cancel()
            _ = await task.result
        }
        for pool in pools { await pool.shutdown() }
        let row = try await superuser.query(
            """
            SELECT count(*), count(DISTINCT tick), min(tick), max(tick),
                (SELECT count(*) FROM outbox), (SELECT count(*) FROM outbox o JOIN cron_ticks t ON t.job_id = o.id),
                (SELECT count(DISTINCT headers ->> 'x-wharf-idempotency-key') FROM outbox)
            FROM cron_ticks
            """
        )[0]
        for column in [0, 1, 4, 5, 6] { #expect(try row.decode(column, as: Int.self) == 60) }
        #expect(try row.decode(2, as: Date.self) == start + 1)
        #expect(try row.decode(3, as: Date.self) == start + 60)
        await superuser.shutdown()
        try await database.drop()
    }

    @Test func afterAStandstillTheLatestTickIsMadeUpForOnce() async throws {
        try await TestDatabase.asWorker { database in
            // The database notes by its own clock when it sees an entry first.
            let start = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down) - 864_000)
            let time = Time(start)
            let entries = [entry(), entry("new", try CronExpression("* * * * *"))]
            try await database.primary.query("INSERT INTO cron_entries VALUES ('each.second', \(time.now))")
            time.advance(86_400 * 10 + 0.5)
            _ = try await scheduler(database, time, entries).round()
            _ = try await scheduler(database, time, entries).round()
            let ticks = try await database.primary.query("SELECT entry, tick FROM cron_ticks")
            #expect(ticks.count == 1)
            #expect(try ticks[0].decode(0, as: String.self) == "each.second")
            #expect(try ticks[0].decode(1, as: Date.self) == start + 864_000)
            #expect(try await database.count("SELECT count(*) FROM outbox") == 1)
            // The other one was seen for the first time: nothing of its past is missing.
            #expect(try await database.count("SELECT count(*) FROM cron_entries") == 2)
        }
    }

    /// The programs themselves: as many entries as there are seconds to kill in, all of them behind.
    @Test func relaysThatAreKilledRunEachTickOnce() async throws {
        try await TestShop.with { shop in
            let directory = FileManager.default.temporaryDirectory.appending(path: "schedules-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: directory) }
            let names = (1...300).map { "test.entry_\($0)" }
            for name in names {
                let text =
                    #"{"name":"\#(name)","cron":"0 0 1 1 *","job":"shop.prune","body":{},"catch_up":"one","enabled":true}"#
                try Data(text.utf8).write(to: directory.appending(path: "\(name).json"))
            }
            try await shop.pool.query(
                "INSERT INTO cron_entries SELECT name, now() - interval '400 days' FROM unnest(\(names)::text[]) AS name"
            )
            let settings = ["SCHEDULES_DIRECTORY": directory.path]
            var relays = try (1...3).map { _ in try shop.launch(.relay, settings) }
            for kill in 1...6 {
                try await eventually("some ticks more") {
                    try await shop.count("SELECT count(*) FROM cron_ticks") >= kill * 40
                }
                let victim = relays.remove(at: .random(in: 0..<3))
                victim.process.send(SIGKILL)
                #expect(try await victim.process.ended() == -SIGKILL)
                relays.append(try shop.launch(.relay, settings))
            }
            try await eventually("every entry has run and every job is published") {
                guard try await shop.count("SELECT count(*) FROM cron_ticks") == names.count else { return false }
                return try await shop.count("SELECT count(*) FROM outbox") == 0
            }
            for relay in relays { try await relay.process.stop() }
            // A relay killed between confirm and delete publishes again, under the same id.
            let session = try await shop.broker.session()
            var ticks: [String: Set<String>] = [:]
            while let delivery = try await session.get("shop.maintenance", acknowledges: true) {
                guard case .string(let tick)? = delivery.message.properties.headers["x-wharf-idempotency-key"] else {
                    Issue.record("a job without its tick")
                    continue
                }
                ticks[tick, default: []].insert(delivery.message.properties.messageID ?? "")
            }
            await session.close()
            #expect(ticks.count == names.count)
            #expect(ticks.values.allSatisfy { $0.count == 1 })
        }
    }

    @Test func theToolListsAndRunsEntries() async throws {
        try await TestShop.with { shop in
            let settings = ["SCHEDULES_DIRECTORY": "schedules"]
            let (status, output) = try await shop.wharf("schedule", "run", "shop.prune", environment: settings)
            #expect(status == 0, "\(output)")
            #expect(try await shop.count("SELECT count(*) FROM outbox WHERE job_name = 'shop.prune'") == 1)
            let tick = Date(timeIntervalSince1970: 1_795_521_600)
            try await shop.pool.query(
                """
                INSERT INTO cron_ticks VALUES ('shop.prune', \(tick), gen_random_uuid(), \(tick + 3))
                """
            )
            let (listed, json) = try await shop.wharf("schedule", "list", "--json", environment: settings)
            #expect(listed == 0, "\(json)")
            let rows = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
            let prune = try #require(rows.first { $0["name"] as? String == "shop.prune" })
            #expect(prune["last_tick"] as? String == "2026-11-24T12:00:00Z")
            #expect(prune["lag_seconds"] as? Int == 3)
            #expect((prune["next_tick"] as? String)?.hasSuffix("T03:17:00Z") == true)
            let (missing, problem) = try await shop.wharf("schedule", "run", "nothing", environment: settings)
            #expect(missing == 1)
            #expect(problem.contains("there is no schedule 'nothing'; there are: orders.expire, shop.prune"))
        }
    }
}
