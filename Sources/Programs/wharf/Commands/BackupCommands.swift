import Bootstrap
import Configuration
import Foundation
import Postgres

/// `wharf db backup|restore`: the whole database as one file.
enum BackupCommands {
    static let all = [backup, restore]

    private static let backup = Command(
        path: ["db", "backup"],
        summary:
            "Writes the whole database into a new file of a folder, as it is at one moment, while the shop goes on.",
        operands: [.init(name: "DIRECTORY", help: "where wharf-<time>.dump goes")],
        options: [.value("keep", "N", "then delete all but the newest N files of this kind")]
    ) { invocation in
        let folder = BackupFolder(path: invocation.operands["DIRECTORY"] ?? ".")
        let kept = try invocation.values["keep"].map { _ in try invocation.integer("keep", in: 1...10_000) }
        let (file, unfinished) = try folder.newFile(at: Date())
        do {
            try await PostgresTool(name: "pg_dump").run(
                ["--format=custom", "--no-password", "--file=\(unfinished)"],
                url: try Environment().value(Settings.backupDatabaseURL)
            )
            // Read back once: a file that cannot be restored from is no backup.
            let tables = try await tables(of: unfinished)
            if tables == 0 { throw CommandFailure("the database has no tables: there is nothing to back up") }
            let size = try folder.finish(unfinished, as: file)
            print("wrote \(file): \(tables) tables, \(size.formatted(.byteCount(style: .file)))")
        } catch {
            try? FileManager.default.removeItem(atPath: unfinished)
            throw error
        }
        for old in try kept.map(folder.prune) ?? [] { print("deleted \(old)") }
        return .success
    }

    private static let restore = Command(
        path: ["db", "restore"],
        summary: "Restores a backup into an empty database, all of it or nothing.",
        operands: [.init(name: "FILE", help: "what `wharf db backup` wrote")]
    ) { invocation in
        let file = invocation.operands["FILE"] ?? ""
        let tables = try await tables(of: file)
        let url = try Environment().value(Settings.migrationDatabaseURL)
        return try await withPool(url: url) { pool in
            let existing = try await pool.query(
                "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
            )[0].decode(0, as: Int.self)
            guard existing == 0 else {
                throw CommandFailure(
                    "the database of MIGRATION_DATABASE_URL has \(existing) tables: restore into an empty one, "
                        + "and let the programs point at that"
                )
            }
            try await PostgresTool(name: "pg_restore").run(
                ["--no-password", "--no-owner", "--exit-on-error", "--single-transaction", "--dbname=", file],
                url: url
            )
            // The planner knows nothing of tables that were just filled.
            try await pool.query("ANALYZE")
            print("restored \(tables) tables from \(file); now `wharf search reindex` and `wharf doctor`")
            return .success
        }
    }

    private static func tables(of file: String) async throws -> Int {
        guard FileManager.default.isReadableFile(atPath: file) else { throw CommandFailure("cannot read \(file)") }
        let contents = try await PostgresTool(name: "pg_restore").run(["--list", file])
        return contents.split(separator: "\n").count { $0.contains(" TABLE DATA ") }
    }
}
