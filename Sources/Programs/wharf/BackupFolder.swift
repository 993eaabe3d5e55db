import Foundation

/// A folder with backups, of which each carries its time in its name: their order by name is that by age.
struct BackupFolder {
    let path: String

    /// - Returns: the name for a backup of this moment, and another one for as long as it is not finished.
    /// - Throws: `CommandFailure` where the folder cannot be made, or has a backup of this second.
    func newFile(at date: Date) throws -> (file: String, unfinished: String) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure("cannot make the folder \(path)")
        }
        let time = date.formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted))
        let file = "\(path)/wharf-\(time).dump"
        if FileManager.default.fileExists(atPath: file) { throw CommandFailure("\(file) exists already") }
        return (file, file + ".unfinished")
    }

    /// Gives a whole backup its name.
    /// - Returns: its size in bytes.
    func finish(_ unfinished: String, as file: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: unfinished)
        try FileManager.default.moveItem(atPath: unfinished, toPath: file)
        return attributes[.size] as? Int ?? 0
    }

    /// Deletes all but the newest backups; other files stay.
    /// - Returns: what was deleted.
    func prune(keeping count: Int) throws -> [String] {
        let backups = try FileManager.default.contentsOfDirectory(atPath: path)
            .filter { $0.wholeMatch(of: /wharf-\d{8}T\d{6}Z\.dump/) != nil }.sorted()
        let old = backups.dropLast(count).map { "\(path)/\($0)" }
        for file in old { try FileManager.default.removeItem(atPath: file) }
        return old
    }
}
