import Foundation
import Testing

@testable import Database

@Suite struct MigrationTests {
    private func load(_ files: [String: String]) throws -> [Migration] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
        return try Migration.load(directory: folder.path)
    }

    @Test func filesBecomeMigrationsInOrder() throws {
        let migrations = try load([
            "0002_b.up.sql": "B", "0002_b.down.sql": "b", "0001_a.up.sql": "A", "0001_a.down.sql": "a",
        ])
        #expect(
            migrations == [
                Migration(number: 1, name: "a", up: "A", down: "a"),
                Migration(number: 2, name: "b", up: "B", down: "b"),
            ]
        )
        #expect(migrations[0].fullName == "0001_a")
    }

    @Test(arguments: [
        ["0001_a.up.sql": ""],
        ["first.up.sql": "", "first.down.sql": ""],
        ["0001_a.sql": ""],
        ["0001_a.up.sql": "", "0001_a.down.sql": "", "0001_b.up.sql": "", "0001_b.down.sql": ""],
        ["0001_a.up.sql": "CREATE INDEX CONCURRENTLY i ON t (x)", "0001_a.down.sql": ""],
        ["0001_a.up.sql": "", "0001_a.down.sql": "DROP INDEX CONCURRENTLY i"],
        ["0001_a.up.sql": "-- no-transaction\nSELECT 1; SELECT 2", "0001_a.down.sql": ""],
        ["0001_a.up.sql": "-- no-transaction", "0001_a.down.sql": ""],
    ])
    func wrongFoldersAreRefused(files: [String: String]) {
        #expect(throws: MigrationError.self) { try load(files) }
    }

    @Test func oneStatementMayRunAlone() throws {
        let up = "-- Why: x\n-- no-transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (x);\n"
        let migrations = try load(["0001_a.up.sql": up, "0001_a.down.sql": "DROP INDEX i"])
        #expect(Migration.runsAlone(migrations[0].up))
        #expect(!Migration.runsAlone(migrations[0].down))
    }

    @Test func aMissingFolderIsNamed() {
        #expect(throws: MigrationError.directory("cannot read the folder /nowhere")) {
            try Migration.load(directory: "/nowhere")
        }
    }
}
