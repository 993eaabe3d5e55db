import Foundation
import Topology

/// The entries of `schedules/*.json`.
package enum ScheduleFiles {
    /// Reads every `.json` file of `directory`, each named after its entry. There may be none.
    ///
    /// - Throws: ``ScheduleError`` naming the file and the field.
    package static func load(directory: String) throws(ScheduleError) -> [ScheduleEntry] {
        let files: [String]
        do {
            files = try FileManager.default.contentsOfDirectory(atPath: directory)
                .filter { $0.hasSuffix(".json") }.sorted()
        } catch {
            throw ScheduleError(file: directory, "cannot be read as a directory of schedule files")
        }
        var entries: [ScheduleEntry] = []
        for file in files {
            let path = "\(directory)/\(file)"
            guard let json = FileManager.default.contents(atPath: path) else {
                throw ScheduleError(file: path, "cannot be read")
            }
            let entry = try ScheduleEntry(json: json, file: path)
            guard file == "\(entry.name).json" else {
                throw ScheduleError(
                    file: path,
                    field: "name",
                    "is \"\(entry.name)\", but a file is named after its entry"
                )
            }
            entries.append(entry)
        }
        return entries
    }
}

/// What is wrong with a schedule file, and where: written for the person who edits it.
package struct ScheduleError: Error, Equatable, CustomStringConvertible {
    package var file: String?
    /// Dotted from the file's top.
    package var field: String?
    package var problem: String

    init(file: String? = nil, field: String? = nil, _ problem: String) {
        self.file = file
        self.field = field
        self.problem = problem
    }

    /// Fields are read as those of a queue file are, and fail in the same words.
    init(_ error: TopologyError) { self.init(file: error.file, field: error.field, error.problem) }

    package var description: String { [file, field, problem].compactMap(\.self).joined(separator: ": ") }
}
