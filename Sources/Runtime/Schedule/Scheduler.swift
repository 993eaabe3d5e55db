package import Database
package import Foundation
import Jobs
import Lifecycle
package import Observability
import Outbox
import Postgres

/// Writes periodic jobs into the outbox when their time comes.
///
/// Any number of schedulers may run: a tick is a row, its primary key lets one of them write it, and the job is written
/// by the same statement. One that is killed leaves either both or neither. Times are the database's, so that no clock of
/// a node matters; waits are measured by a clock that nobody sets.
package final class Scheduler: Service {
    private let database: Database
    private let entries: [ScheduleEntry]
    private let longestWait: Duration
    private let clock: @Sendable (Database) async throws -> Date
    private let registry: MetricsRegistry
    private let logger = Logger(label: "schedule")

    /// - Parameters:
    ///   - entries: those that are not enabled are left out.
    ///   - longestWait: between two looks at the clock; it bounds what a database that was away can delay.
    ///   - clock: the database's, unless a test has one of its own.
    package init(
        database: Database,
        entries: [ScheduleEntry],
        longestWait: Duration = .seconds(10),
        clock: @escaping @Sendable (Database) async throws -> Date = databaseTime,
        metrics: MetricsRegistry = .shared
    ) {
        self.database = database
        self.entries = entries.filter(\.isEnabled)
        self.longestWait = longestWait
        self.clock = clock
        registry = metrics
        for entry in self.entries { ticks(entry).increment(by: 0) }
        metrics.declare("schedule_lag_seconds", help: Self.lagHelp, kind: .gauge)
        metrics.declare("schedule_ticks_total", help: Self.ticksHelp, kind: .counter)
    }

    private func ticks(_ entry: ScheduleEntry) -> Counter {
        registry.counter("schedule_ticks_total", help: Self.ticksHelp, labels: ["entry": entry.name])
    }

    private static let ticksHelp = "Times at which a periodic job was enqueued by this process."
    private static let lagHelp = "How late the last periodic job was enqueued by this process."

    package static let databaseTime: @Sendable (Database) async throws -> Date = { database in
        guard let row = try await database.primary.query(ScheduleStore.now).first else { return Date() }
        return try row.decode(0)
    }

    /// Runs until cancelled.
    package func run() async throws {
        while !Task.isCancelled {
            var wait = longestWait
            do {
                wait = min(wait, try await round())
            } catch {
                if Task.isCancelled { return }
                logger.warning("Schedules cannot be looked at; trying again", [.error: .describing(error)])
            }
            try? await Task.sleep(for: wait)
        }
    }

    /// Runs what is due.
    ///
    /// - Returns: how long nothing will be due.
    func round() async throws -> Duration {
        if entries.isEmpty { return longestWait }
        let names = entries.map(\.name)
        let answers = try await database.primary.pipeline([ScheduleStore.see(names), ScheduleStore.past(of: names)])
        let pasts = try ScheduleStore.pasts(answers[1])
        // Read after the past: a tick that another scheduler writes meanwhile is then due here too, and refused.
        let now = try await clock(database)
        var wait = longestWait
        for entry in entries {
            let step = ScheduleStep(entry, past: pasts[entry.name] ?? ScheduleStore.Past(), now: now)
            if let tick = step.due { try await run(entry, at: tick, now) }
            if let next = step.next { wait = min(wait, .seconds(max(0, next.timeIntervalSince(now)))) }
        }
        return wait
    }

    private func run(_ entry: ScheduleEntry, at tick: Date, _ now: Date) async throws {
        let job = try TraceContext.$current.withValue(.new()) { try entry.run(at: tick) }
        let rows = try await database.primary.query(ScheduleStore.run(entry, at: tick, as: job))
        let fields: [LogKey: LogValue] = [
            .name: .string(entry.name), .jobName: .string(entry.job), .jobID: .string(job.envelope.id),
        ]
        if rows.isEmpty { return logger.debug("Another scheduler was first", fields) }
        logger.info("Periodic job enqueued", fields)
        ticks(entry).increment()
        registry.gauge("schedule_lag_seconds", help: Self.lagHelp, labels: ["entry": entry.name])
            .set(now.timeIntervalSince(tick))
    }
}
