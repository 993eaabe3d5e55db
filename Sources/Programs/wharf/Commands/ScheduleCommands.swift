import Bootstrap
import Configuration
import Foundation
import Jobs
import Observability
import Outbox
import Postgres
import Schedule

/// `wharf schedule …`: the periodic jobs.
enum ScheduleCommands {
    static let all = [list, run]

    private static let list = Command(
        path: ["schedule", "list"],
        summary:
            "Lists the periodic jobs of schedules/*.json: when each ran last, how late, and when it runs next (UTC).",
        options: [.flag("json", "print JSON")]
    ) { invocation in
        let entries = try entries()
        return try await withPool(Settings.workerDatabaseURL, or: Settings.databaseURL) { pool in
            let answers = try await pool.pipeline([
                ScheduleStore.past(of: entries.map(\.name)), "SELECT clock_timestamp()",
            ])
            let pasts = try ScheduleStore.pasts(answers[0])
            let now = try answers[1].first?.decode(0, as: Date.self) ?? Date()
            var table = Table(["name", "cron", "job", "enabled", "last_tick", "lag_seconds", "next_tick"])
            for entry in entries { table.append(row(entry, pasts[entry.name] ?? ScheduleStore.Past(), now)) }
            try show(table, invocation)
            return .success
        }
    }

    private static func row(_ entry: ScheduleEntry, _ past: ScheduleStore.Past, _ now: Date) -> [Table.Cell] {
        let next = entry.isEnabled ? ScheduleStep(entry, past: past, now: now).next : nil
        let lag = past.lastTick.flatMap { tick in past.lastEnqueuedAt?.timeIntervalSince(tick) }
        return [
            .text(entry.name), .text(entry.cron), .text(entry.job), .text(entry.isEnabled ? "yes" : "no"),
            past.lastTick.map(Table.Cell.date) ?? .missing, lag.map { .number(Int($0.rounded())) } ?? .missing,
            next.map(Table.Cell.date) ?? .missing,
        ]
    }

    private static let run = Command(
        path: ["schedule", "run"],
        summary: "Enqueues a periodic job now, once, beside its schedule.",
        operands: [.init(name: "NAME", help: "the entry, as 'wharf schedule list' names it")]
    ) { invocation in
        let name = invocation.operands["NAME"] ?? ""
        let entries = try entries()
        guard let entry = entries.first(where: { $0.name == name }) else {
            let known = entries.map(\.name).joined(separator: ", ")
            throw CommandFailure("there is no schedule '\(name)'; there are: \(known.isEmpty ? "none" : known)")
        }
        return try await withPool(Settings.workerDatabaseURL, or: Settings.databaseURL) { pool in
            let job = try TraceContext.$current.withValue(.new()) { try entry.run(at: nil) }
            try await pool.query(OutboxStore.insertDue(job))
            print("\(entry.job) is in the outbox as \(job.envelope.id); the relay publishes it within a second")
            return .success
        }
    }

    private static func entries() throws -> [ScheduleEntry] {
        try ScheduleFiles.load(directory: try Environment().value(Settings.schedulesDirectory))
    }
}
