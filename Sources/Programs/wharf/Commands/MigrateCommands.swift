import Bootstrap
import Configuration
import Database
import Foundation
import Postgres

/// `wharf migrate …`: the schema.
enum MigrateCommands {
    static let all = [up, down, status, lint]

    private static let up = Command(
        path: ["migrate", "up"],
        summary: "Applies the migrations that the database does not have yet."
    ) { _ in
        try await withMigrator { migrator in
            let names = try await migrator.up()
            for name in names { print("applied \(name)") }
            if names.isEmpty { print("the database is up to date") }
            return .success
        }
    }

    private static let down = Command(
        path: ["migrate", "down"],
        summary: "Undoes the newest migrations, and loses what their tables held.",
        options: [
            .value("steps", "N", "how many to undo (1)"),
            .flag("yes", "do it; without this nothing is undone"),
        ]
    ) { invocation in
        let steps = try invocation.integer("steps", in: 1...10_000, default: 1)
        guard invocation.has("yes") else {
            throw UsageError("undoing a migration drops its tables with all they hold; add --yes to do it")
        }
        return try await withMigrator { migrator in
            let names = try await migrator.down(steps: steps)
            for name in names { print("undid \(name)") }
            if names.isEmpty { print("there is nothing to undo") }
            return .success
        }
    }

    /// Exits with 1 when a migration is pending, edited or unknown, so that a deployment can ask.
    private static let status = Command(
        path: ["migrate", "status"],
        summary: "Lists the migrations; exits with 1 unless the database is exactly what the code expects.",
        options: [.flag("json", "print JSON")]
    ) { invocation in
        try await withMigrator { migrator in
            let statuses = try await migrator.status()
            var table = Table(["number", "name", "state", "applied_at"])
            for status in statuses {
                let (state, date) = words(status.state)
                table.append([.number(status.number), .text(status.name), .text(state), date])
            }
            try show(table, invocation)
            return statuses.allSatisfy { if case .applied = $0.state { true } else { false } } ? .success : .failure
        }
    }

    /// Needs no database, so that CI can ask.
    private static let lint = Command(
        path: ["migrate", "lint"],
        summary:
            "Lists statements that lock a table while they go through it; exits with 1 when there are any unmarked.",
        options: [.value("from", "N", "the first migration to look at (1)"), .flag("json", "print JSON")]
    ) { invocation in
        let first = try invocation.integer("from", in: 1...9_999, default: 1)
        let migrations = try Migration.load(directory: try Environment().value(Settings.migrationsDirectory))
        var table = Table(["migration", "table", "what", "instead"])
        for migration in migrations where migration.number >= first {
            for finding in LockFinding.all(in: migration.up) {
                table.append([
                    .text(migration.fullName), .text(finding.table), .text(finding.what), .text(finding.instead),
                ])
            }
        }
        try show(table, invocation)
        return table.isEmpty ? .success : .failure
    }

    private static func words(_ state: Migrator.State) -> (String, Table.Cell) {
        switch state {
        case .applied(let date): ("applied", .date(date))
        case .pending: ("pending", .missing)
        case .edited(let date): ("edited since", .date(date))
        case .unknown(let date): ("not in this code", .date(date))
        }
    }

    private static func withMigrator(_ body: (Migrator) async throws -> ExitCode) async throws -> ExitCode {
        let migrations = try Migration.load(directory: try Environment().value(Settings.migrationsDirectory))
        return try await withPool(Settings.migrationDatabaseURL) { pool in
            try await body(Migrator(migrations, pool: pool))
        }
    }
}
