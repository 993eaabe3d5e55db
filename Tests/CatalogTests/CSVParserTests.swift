import Testing

@testable import Catalog

@Suite struct CSVParserTests {
    private func parse(_ text: String, chunk: Int = .max) -> [String] {
        var parser = CSVParser()
        var outputs: [CSVParser.Output] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: min(chunk, max(bytes.count, 1))) {
            parser.feed(bytes[start..<min(start + min(chunk, bytes.count), bytes.count)]) { outputs.append($0) }
        }
        parser.finish { outputs.append($0) }
        return outputs.map { output in
            switch output {
            case .record(let record):
                "\(record.line):" + record.fields.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "|")
            case .malformed(let line, _): "\(line)!"
            }
        }
    }

    @Test(arguments: [
        ("a,b\nc,d\n", ["1:a|b", "2:c|d"]),
        ("a,b\r\nc,d", ["1:a|b", "2:c|d"]),
        ("a,\n,b\n", ["1:a|", "2:|b"]),
        ("\"a,b\",\"c \"\"d\"\"\"\n", ["1:a,b|c \"d\""]),
        ("\"two\nlines\",x\nnext\n", ["1:two\nlines|x", "3:next"]),
        ("\"two\r\nlines\"\r\n", ["1:two\r\nlines"]),
        ("\"\"\n", ["1:"]),
        ("\n\r\na\n\n", ["3:a"]),
        ("a,\"\"", ["1:a|"]),
        ("a,", ["1:a|"]),
        ("", []),
        ("x\"y\ngood\n", ["1!", "2:good"]),
        ("\"x\"y\ngood\n", ["1!", "2:good"]),
        ("a\rb\ngood\n", ["1!", "2:good"]),
        ("ok\n\"never closed\nx\n", ["1:ok", "2!"]),
    ])
    func readsRecords(_ text: String, _ expected: [String]) {
        #expect(parse(text) == expected)
        // Cut after every byte, the answer is the same.
        #expect(parse(text, chunk: 1) == expected)
    }

    @Test func aQuoteLeftOpenEndsAtTheLimitAndTheRestIsRead() {
        let runaway = "\"" + String(repeating: "x", count: CSVParser.maximumRecordSize + 10) + "\nafter\n"
        #expect(parse(runaway) == ["1!", "2:after"])
    }
}
