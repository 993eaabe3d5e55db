/// One statement of a script, as far as migrations look into it.
struct SQLStatement: Equatable {
    /// Without comments, each run of white space as one space, and what is quoted by `'` or `$` left empty.
    var text = ""
    /// What the comments before and in it say.
    var comments: [String] = []

    /// The statements of a script. Pure.
    ///
    /// It knows quotes, dollar quotes and comments, as PostgreSQL does with `standard_conforming_strings`; a `;` in a body
    /// between `BEGIN ATOMIC` and `END` would end a statement.
    static func split(_ script: String) -> [SQLStatement] {
        var reader = SQLReader(script)
        return reader.statements()
    }
}

private struct SQLReader {
    private var rest: Substring
    private var current = SQLStatement()
    private var finished: [SQLStatement] = []

    init(_ script: String) { rest = script[...] }

    mutating func statements() -> [SQLStatement] {
        while let character = rest.first {
            switch character {
            case ";":
                rest.removeFirst()
                finish()
            case "-" where rest.hasPrefix("--"): current.comments.append(lineComment())
            case "/" where rest.hasPrefix("/*"): blockComment()
            case "'":
                skipQuoted("'")
                append("''")
            case "\"":
                let start = rest
                skipQuoted("\"")
                append(start[..<rest.startIndex])
            case "$": dollar()
            case _ where character.isWhitespace:
                rest.removeFirst()
                if !current.text.isEmpty, current.text.last != " " { current.text.append(" ") }
            default:
                current.text.append(character)
                rest.removeFirst()
            }
        }
        finish()
        return finished
    }

    private mutating func append(_ text: some StringProtocol) { current.text += text }

    private mutating func finish() {
        if current.text.last == " " { current.text.removeLast() }
        if !current.text.isEmpty { finished.append(current) }
        current = SQLStatement()
    }

    private mutating func lineComment() -> String {
        let line = rest.prefix { !$0.isNewline }
        rest = rest[line.endIndex...]
        return line.dropFirst(2).trimmingPrefix { $0.isWhitespace }.description
    }

    /// They nest.
    private mutating func blockComment() {
        var depth = 0
        repeat {
            if rest.hasPrefix("/*") {
                depth += 1
                rest.removeFirst(2)
            } else if rest.hasPrefix("*/") {
                depth -= 1
                rest.removeFirst(2)
            } else if rest.popFirst() == nil {
                return
            }
        } while depth > 0
    }

    /// A doubled quote stands for one; read as the end of one text and the beginning of the next, it comes to the same.
    private mutating func skipQuoted(_ quote: Character) {
        rest.removeFirst()
        while let character = rest.popFirst(), character != quote {}
    }

    private mutating func dollar() {
        guard let opening = rest.prefixMatch(of: /\$(?:[A-Za-z_][A-Za-z_0-9]*)?\$/)?.output else {
            return current.text.append(rest.removeFirst())
        }
        rest = rest.dropFirst(opening.count)
        append("''")
        guard let end = rest.firstRange(of: opening) else { return rest = rest[rest.endIndex...] }
        rest = rest[end.upperBound...]
    }
}
