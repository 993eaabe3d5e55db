/// Reads quoted scalars and what stands in brackets, character by character.
struct YAMLScanner {
    private(set) var rest: Substring
    private let line: Int
    private let anchors: [String: String]

    /// - Parameter anchors: the scalars that `*name` may stand for.
    init(_ text: Substring, line: Int, anchors: [String: String] = [:]) {
        rest = text
        self.line = line
        self.anchors = anchors
    }

    var isAtEnd: Bool { rest.allSatisfy { $0 == " " } }

    /// - Throws: when something but a comment follows.
    func expectEnd() throws(YAMLError) {
        if !isAtEnd && !rest.drop(while: { $0 == " " }).hasPrefix("#") { throw error("has \(rest) behind its end") }
    }

    private func error(_ reason: String) -> YAMLError { YAMLError(line: line, reason: reason) }

    private mutating func skipSpaces() { rest = rest.drop { $0 == " " } }

    // MARK: Brackets

    mutating func flowValue() throws(YAMLError) -> YAMLValue {
        skipSpaces()
        switch rest.first {
        case nil: throw error("ends before its bracket is closed")
        case "{": return try flowMapping()
        case "[": return try flowSequence()
        case "\"", "'": return .string(try quoted())
        case "*":
            let name = String(plain().dropFirst())
            guard let string = anchors[name] else { throw error("has *\(name), and no anchor of that name before it") }
            return .string(string)
        case "&", "!": throw error("begins with \(rest.prefix(1)), which is not understood here")
        default: return YAMLValue(plain: plain())
        }
    }

    private mutating func flowMapping() throws(YAMLError) -> YAMLValue {
        rest.removeFirst()
        var members: [YAMLValue.Member] = []
        while true {
            skipSpaces()
            if take("}") { return .object(members) }
            let key = rest.first == "\"" || rest.first == "'" ? try quoted() : plain()
            skipSpaces()
            guard take(":") else { throw error("has the key \(key) without a colon") }
            members.append(.init(key: key, value: try flowValue()))
            skipSpaces()
            if !take(",") && rest.first != "}" { throw error("lacks a comma or a bracket behind \(key)") }
        }
    }

    private mutating func flowSequence() throws(YAMLError) -> YAMLValue {
        rest.removeFirst()
        var elements: [YAMLValue] = []
        while true {
            skipSpaces()
            if take("]") { return .array(elements) }
            elements.append(try flowValue())
            skipSpaces()
            if !take(",") && rest.first != "]" { throw error("lacks a comma or a bracket in its list") }
        }
    }

    private mutating func take(_ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest.removeFirst()
        return true
    }

    /// Up to a comma, a bracket, or a colon that a space follows.
    private mutating func plain() -> String {
        var end = rest.startIndex
        while end < rest.endIndex, !",[]{}".contains(rest[end]) {
            let after = rest.index(after: end)
            if rest[end] == ":" && (after == rest.endIndex || " ,]}".contains(rest[after])) { break }
            end = after
        }
        var text = rest[..<end]
        rest = rest[end...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }

    // MARK: Quotes

    mutating func quoted() throws(YAMLError) -> String {
        let quote = rest.removeFirst()
        var text = ""
        while let character = rest.popFirst() {
            if character == quote {
                // In single quotes, two of them are one.
                guard quote == "'", rest.first == "'" else { return text }
                rest.removeFirst()
                text.append("'")
            } else if character == "\\" && quote == "\"" {
                text.append(try escape())
            } else {
                text.append(character)
            }
        }
        throw error("ends before its quote is closed")
    }

    private mutating func escape() throws(YAMLError) -> Character {
        switch rest.popFirst() {
        case "n": return "\n"
        case "t": return "\t"
        case "\\": return "\\"
        case "\"": return "\""
        case "/": return "/"
        case "u":
            let digits = rest.prefix(4)
            guard digits.count == 4, let scalar = UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init) else {
                throw error("has \\u without four hexadecimal digits of a character")
            }
            rest = rest.dropFirst(4)
            return Character(scalar)
        case let other: throw error("has the escape \\\(other.map(String.init) ?? "") that is not understood")
        }
    }
}
