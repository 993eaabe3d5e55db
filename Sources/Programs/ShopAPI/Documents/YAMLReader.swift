/// Reads the part of YAML that docs/openapi.yaml is written in: mappings and sequences by indentation or in brackets, plain
/// and quoted scalars, literal and folded blocks, comments, and scalars that stand once and are used often (`&name`, `*name`).
/// Tags and several documents in one are refused.
///
/// So that the description of the API has one source, in the form that people write, without a library or a generated copy.
struct YAMLReader {
    private struct Line {
        var indent: Int
        var text: Substring
    }

    /// Every line, from the first to the last; `number` of the next one.
    private var lines: [Line]
    private var next = 0
    /// Scalars by the names of their anchors.
    private var anchors: [String: String] = [:]

    /// - Throws: ``YAMLError``.
    static func read(_ text: String) throws(YAMLError) -> YAMLValue {
        var reader = YAMLReader(text)
        let value = try reader.node(deeperThan: -1)
        if reader.peek() != nil { throw reader.error("does not belong to what stands before it") }
        return value
    }

    private init(_ text: String) {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let indent = line.prefix { $0 == " " }.count
            return Line(indent: indent, text: line.dropFirst(indent))
        }
    }

    /// About the next line.
    private func error(_ reason: String) -> YAMLError { YAMLError(line: min(next + 1, lines.count), reason: reason) }

    /// About the line before it, which has been taken.
    private func errorInTaken(_ reason: String) -> YAMLError { YAMLError(line: next, reason: reason) }

    /// The next line that is neither empty nor a comment.
    private mutating func peek() -> Line? {
        while next < lines.count {
            let text = lines[next].text
            if !text.isEmpty && !text.hasPrefix("#") && text != "\r" { return lines[next] }
            next += 1
        }
        return nil
    }

    // MARK: Blocks

    private mutating func node(deeperThan parent: Int) throws(YAMLError) -> YAMLValue {
        guard let line = peek(), line.indent > parent else { return .null }
        if isItem(line) { return try sequence(at: line.indent) }
        if try key(of: line.text) != nil { return try mapping(at: line.indent) }
        next += 1
        return try value(line.text, deeperThan: parent)
    }

    private func isItem(_ line: Line) -> Bool { line.text == "-" || line.text.hasPrefix("- ") }

    private mutating func mapping(at indent: Int) throws(YAMLError) -> YAMLValue {
        var members: [YAMLValue.Member] = []
        while let line = peek(), line.indent == indent, !isItem(line) {
            guard let (key, rest) = try key(of: line.text) else { throw error("is no `key: value`") }
            if members.contains(where: { $0.key == key }) { throw error("has the key \(key) a second time") }
            next += 1
            let value: YAMLValue
            if !rest.isEmpty {
                value = try self.value(rest, deeperThan: indent)
            } else if let below = peek(), below.indent == indent, isItem(below) {
                value = try sequence(at: indent)
            } else {
                value = try node(deeperThan: indent)
            }
            members.append(.init(key: key, value: value))
        }
        if let line = peek(), line.indent > indent { throw error("is indented further than its neighbours") }
        return .object(members)
    }

    private mutating func sequence(at indent: Int) throws(YAMLError) -> YAMLValue {
        var elements: [YAMLValue] = []
        while let line = peek(), line.indent == indent, isItem(line) {
            let rest = line.text.dropFirst().drop { $0 == " " }
            if rest.isEmpty || rest.hasPrefix("#") {
                next += 1
                elements.append(try node(deeperThan: indent))
            } else {
                // What stands behind the dash is a node of its own, at its own column.
                lines[next] = Line(indent: indent + line.text.count - rest.count, text: rest)
                elements.append(try node(deeperThan: indent))
            }
        }
        return .array(elements)
    }

    /// The key that a line begins with, and what follows its colon; nil for a line without a key.
    private func key(of text: Substring) throws(YAMLError) -> (key: String, rest: Substring)? {
        if text.hasPrefix("{") || text.hasPrefix("[") { return nil }
        var key: String
        var rest: Substring
        if text.hasPrefix("\"") || text.hasPrefix("'") {
            var scanner = YAMLScanner(text, line: next + 1)
            key = try scanner.quoted()
            rest = scanner.rest.drop { $0 == " " }
            guard rest.hasPrefix(":") else { return nil }
        } else {
            guard
                let colon = text.indices.first(where: { index in
                    text[index] == ":"
                        && (text.index(after: index) == text.endIndex || text[text.index(after: index)] == " ")
                })
            else { return nil }
            key = String(text[..<colon])
            rest = text[colon...]
        }
        rest = rest.dropFirst().drop { $0 == " " }
        return (key, rest.hasPrefix("#") ? "" : rest)
    }

    // MARK: Values

    /// A value that begins on the line before `next`.
    private mutating func value(_ text: Substring, deeperThan indent: Int) throws(YAMLError) -> YAMLValue {
        switch text.first {
        case "|", ">": return .string(try block(text, deeperThan: indent))
        case "&":
            let name = text.dropFirst().prefix { $0 != " " }
            let scalar = try value(text.dropFirst(name.count + 1).drop { $0 == " " }, deeperThan: indent)
            guard let string = scalar.string, !name.isEmpty else {
                throw errorInTaken("has an anchor at what is no text")
            }
            anchors[String(name)] = string
            return scalar
        case "*", "!", "%", "@", "`":
            throw errorInTaken("begins with \(text.prefix(1)), which is not understood here")
        case "{", "[": return try flow(text, deeperThan: indent)
        case "\"", "'":
            var scanner = YAMLScanner(text, line: next)
            let string = try scanner.quoted()
            try scanner.expectEnd()
            return .string(string)
        default: return YAMLValue(plain: try plain(text, deeperThan: indent))
        }
    }

    /// A value in brackets, which may go on over several lines.
    private mutating func flow(_ text: Substring, deeperThan indent: Int) throws(YAMLError) -> YAMLValue {
        let line = next
        var whole = String(text)
        while true {
            var scanner = YAMLScanner(whole[...], line: line, anchors: anchors)
            do throws(YAMLError) {
                let value = try scanner.flowValue()
                try scanner.expectEnd()
                return value
            } catch {
                guard scanner.isAtEnd, let more = peek(), more.indent > indent else { throw error }
                whole += " " + more.text
                next += 1
            }
        }
    }

    /// A plain scalar, with the lines on which it goes on.
    private mutating func plain(_ text: Substring, deeperThan indent: Int) throws(YAMLError) -> String {
        func uncommented(_ text: Substring) -> Substring {
            var text = text
            if let comment = text.firstRange(of: " #") { text = text[..<comment.lowerBound] }
            while text.last == " " { text.removeLast() }
            return text
        }
        var parts = [uncommented(text)]
        while let more = peek(), more.indent > indent {
            if try key(of: more.text) != nil { throw error("is indented further than its neighbours") }
            parts.append(uncommented(more.text))
            next += 1
        }
        return parts.joined(separator: " ")
    }

    /// `|` keeps line breaks, `>` makes spaces of them; a `-` behind it drops the last one.
    private mutating func block(_ header: Substring, deeperThan indent: Int) throws(YAMLError) -> String {
        guard ["|", "|-", ">", ">-"].contains(header) else {
            throw errorInTaken("has a block header that is not understood")
        }
        var texts: [String] = []
        var margin: Int?
        while next < lines.count, lines[next].text.isEmpty || lines[next].indent > indent {
            let line = lines[next]
            if margin == nil && !line.text.isEmpty { margin = line.indent }
            texts.append(String(repeating: " ", count: max(0, line.indent - (margin ?? line.indent))) + line.text)
            next += 1
        }
        while texts.last == "" { texts.removeLast() }
        let end = header.hasSuffix("-") || texts.isEmpty ? "" : "\n"
        if header.hasPrefix("|") { return texts.joined(separator: "\n") + end }
        let paragraphs = texts.split(separator: "", omittingEmptySubsequences: false)
        return paragraphs.map { $0.joined(separator: " ") }.joined(separator: "\n") + end
    }
}
