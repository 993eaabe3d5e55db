/// The processes of a fleet, as a Procfile lists them: one `name: command` a line, `#` starts a comment line.
///
/// They start in this order and stop in the reverse one. A command is one simple shell command (variables and quotes
/// work), since the shell is replaced by it: signals then reach the program itself.
package struct Procfile: Sendable, Equatable {
    package struct Entry: Sendable, Equatable {
        package let name: String
        package let command: String
    }

    package let entries: [Entry]

    /// - Throws: ``ProcfileError`` for the first bad line.
    package init(parsing text: String) throws(ProcfileError) {
        var entries: [Entry] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = line.trimmed
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard let colon = line.firstIndex(of: ":") else {
                throw ProcfileError(line: index + 1, reason: "write it as `name: command`")
            }
            let name = String(line[..<colon])
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isNameByte) else {
                throw ProcfileError(
                    line: index + 1,
                    reason: "the name `\(name)` may hold letters, digits, - and _ only"
                )
            }
            guard !entries.contains(where: { $0.name == name }) else {
                throw ProcfileError(line: index + 1, reason: "the name `\(name)` is taken by a line above")
            }
            let command = line[line.index(after: colon)...].trimmed
            guard !command.isEmpty else { throw ProcfileError(line: index + 1, reason: "`\(name)` has no command") }
            entries.append(Entry(name: name, command: String(command)))
        }
        guard !entries.isEmpty else { throw ProcfileError(line: nil, reason: "it lists no process") }
        self.entries = entries
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
}

/// What is wrong with a Procfile, and where.
package struct ProcfileError: Error, Equatable, CustomStringConvertible {
    /// Counted from 1; `nil` when it is the whole file's fault.
    package let line: Int?
    package let reason: String

    package var description: String { line.map { "Procfile line \($0): \(reason)" } ?? "Procfile: \(reason)" }
}

extension Substring {
    fileprivate var trimmed: Substring {
        let start = drop { $0.isWhitespace }
        return start.lastIndex { !$0.isWhitespace }.map { start[...$0] } ?? start.prefix(0)
    }
}
