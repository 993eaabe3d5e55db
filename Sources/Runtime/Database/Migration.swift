import Foundation

/// One step of the schema: `NNNN_name.up.sql`, and `NNNN_name.down.sql` that undoes it.
package struct Migration: Sendable, Equatable {
    package let number: Int
    package let name: String
    package let up: String
    package let down: String

    /// The migrations of a directory in order.
    /// - Throws: `MigrationError.directory` for a missing folder, a wrong name, a number used twice, a missing half.
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
            if migrations.last?.number == number { throw .directory("two migrations have the number \(parts[0])") }
            migrations.append(Migration(number: number, name: String(parts[1]), up: up, down: down))
        }
        return migrations
    }
}

package enum MigrationError: Error, Equatable, CustomStringConvertible {
    case directory(String)
    /// Applied migrations whose text has changed since.
    case edited([String])
    /// The database has migrations that the code does not know: it is ahead of the code.
    case ahead([String])

    package var description: String {
        switch self {
        case .directory(let why): "migrations: \(why)"
        case .edited(let names):
            "migrations that were applied have been edited since: \(names.joined(separator: ", ")); "
                + "restore them and put the change into a new migration"
        case .ahead(let names):
            "the database is ahead of this code: it has \(names.joined(separator: ", ")); run a newer version"
        }
    }
}
