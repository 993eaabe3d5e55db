import Foundation

/// One step of the schema: `NNNN_name.up.sql`, and `NNNN_name.down.sql` that undoes it.
package struct Migration: Sendable, Equatable {
    package let number: Int
    package let name: String
    package let up: String
    package let down: String

    package init(number: Int, name: String, up: String, down: String) {
        self.number = number
        self.name = name
        self.up = up
        self.down = down
    }

    /// A line that says that a script runs outside a transaction, as CREATE INDEX CONCURRENTLY has to. It then holds one
    /// statement, and that can be run again.
    package static let alone = "-- no-transaction"

    static func runsAlone(_ script: String) -> Bool {
        script.split(whereSeparator: \.isNewline).contains { $0.trimmingPrefix(" ") == alone }
    }

    /// The migrations of a directory in order.
    /// - Throws: `MigrationError.directory` for a missing folder, a wrong name, a number used twice, a missing half, and a
    ///   script that runs alone and should not, or should and does not.
    package static func load(directory: String) throws(MigrationError) -> [Migration] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".sql") }
        } catch {
            throw .directory("cannot read the folder \(directory)")
        }
        var halves: [String: [String: String]] = [:]
        for file in names {
            let parts = file.split(separator: ".")
            guard parts.count == 3, parts[1] == "up" || parts[1] == "down" else {
                throw .directory("\(file) is not named NNNN_name.up.sql or NNNN_name.down.sql")
            }
            guard let text = try? String(contentsOfFile: "\(directory)/\(file)", encoding: .utf8) else {
                throw .directory("cannot read \(file) as UTF-8")
            }
            halves[String(parts[0]), default: [:]][String(parts[1])] = text
        }
        var migrations: [Migration] = []
        for (stem, texts) in halves.sorted(by: { $0.key < $1.key }) {
            let parts = stem.split(separator: "_", maxSplits: 1)
            guard parts.count == 2, parts[0].count == 4, let number = Int(parts[0]), number > 0 else {
                throw .directory("\(stem) does not begin with a number of four digits and an underscore")
            }
            guard let up = texts["up"], let down = texts["down"] else {
                throw .directory("\(stem) has only one of its two halves, up and down")
            }
            try check(up, "\(stem).up.sql")
            try check(down, "\(stem).down.sql")
            if migrations.last?.number == number { throw .directory("two migrations have the number \(parts[0])") }
            migrations.append(Migration(number: number, name: String(parts[1]), up: up, down: down))
        }
        return migrations
    }

    private static func check(_ script: String, _ file: String) throws(MigrationError) {
        let statements = SQLStatement.split(script)
        if runsAlone(script) {
            if statements.count != 1 {
                throw .directory(
                    "\(file) is marked \(alone) and holds \(statements.count) statements; give each a file"
                )
            }
        } else if statements.contains(where: {
            $0.text.contains(/\b(?:INDEX|TABLE|SCHEMA|DETACH PARTITION [\w."]+) CONCURRENTLY\b/.ignoresCase())
        }) {
            throw .directory("\(file) does something CONCURRENTLY, which no transaction can: mark it \(alone)")
        }
    }
}
