import Bootstrap
import Configuration
import DeadLetters

/// `wharf dead audit`.
enum DeadAuditCommand {
    static let command = Command(
        path: ["dead", "audit"],
        summary:
            "Lists who replayed or dropped dead letters, the latest first; a row without an end was killed or runs.",
        options: [.value("limit", "N", "N of them at most (100)"), .flag("json", "print JSON")]
    ) { invocation in
        let limit = try invocation.integer("limit", in: 1...1_000_000, default: 100)
        return try await withPool(Settings.workerDatabaseURL, or: Settings.databaseURL) { pool in
            var table = Table([
                "id", "at", "who", "role", "action", "queue", "filter", "matched", "moved", "refused", "failed",
                "finished_at",
            ])
            let rows: [DeadLetterAudit.Row]
            do { rows = try await DeadLetterAudit.rows(atMost: limit, in: pool) } catch {
                throw DeadQueues.explained(error)
            }
            for row in rows {
                let filter = row.filter.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                table.append([
                    .number(Int(row.id)), .date(row.at), .text(row.user), .text(row.databaseRole), .text(row.action),
                    .text(row.queue), filter.isEmpty ? .missing : .text(filter.joined(separator: " ")),
                    .number(row.matched), .number(row.moved), .number(row.refused), .number(row.failed),
                    row.finishedAt.map { .date($0) } ?? .missing,
                ])
            }
            try show(table, invocation)
            return .success
        }
    }
}
