import Foundation
import Testing

@testable import ShopAPI

@Suite struct YAMLReaderTests {
    private func json(_ yaml: String) throws -> String {
        String(decoding: try YAMLReader.read(yaml).json(), as: UTF8.self)
    }

    @Test(arguments: [
        (
            "a: 1\nb: two words\nc: 1.5\nd: true\ne: null\nf:\ng: ~",
            #"{"a":1,"b":"two words","c":1.5,"d":true,"e":null,"f":null,"g":null}"#
        ),
        ("a:\n  b:\n    c: 1\n  d: 2\ne: 3", #"{"a":{"b":{"c":1},"d":2},"e":3}"#),
        ("- 1\n- two\n- a: 1\n  b: 2\n- - 3\n  - 4", #"[1,"two",{"a":1,"b":2},[3,4]]"#),
        ("a:\n- 1\n- 2\nb:\n  - x: 1", #"{"a":[1,2],"b":[{"x":1}]}"#),
        (
            "a: { b: [c, 'd, e', \"f: g\"], h: http://x/y, i: {}, j: [] }",
            #"{"a":{"b":["c","d, e","f: g"],"h":"http://x/y","i":{},"j":[]}}"#
        ),
        ("a: [one,\n  two,\n  three]\nb: 1", #"{"a":["one","two","three"],"b":1}"#),
        ("'200': a\n\"b c\": d", #"{"200":"a","b c":"d"}"#),
        ("a: 'it''s'\nb: \"x\\n\\\"y\\u00e9\"", #"{"a":"it's","b":"x\n\"yé"}"#),
        ("a: |\n  one\n    two\n\n  three\nb: 1", #"{"a":"one\n  two\n\nthree\n","b":1}"#),
        ("a: >-\n  one\n  two\n\n  three\nb: |-\n  x", #"{"a":"one two\nthree","b":"x"}"#),
        ("# note\na: 1 # one\n\n# more\nb: x#y # z", #"{"a":1,"b":"x#y"}"#),
        ("a: one\n  two\nb: c:d", #"{"a":"one two","b":"c:d"}"#),
        (
            "a: &x 'b: c' # one\nd: { e: *x, f: [*x] }\ng: &y two",
            #"{"a":"b: c","d":{"e":"b: c","f":["b: c"]},"g":"two"}"#
        ),
        ("a: W-1\nb: 0.1.0\nc: 1-2\nd: '1'", #"{"a":"W-1","b":"0.1.0","c":"1-2","d":"1"}"#),
    ])
    func isRead(_ yaml: String, _ expected: String) throws {
        #expect(try json(yaml) == expected)
    }

    @Test(arguments: [
        ("a: &x 1", 1), ("a: *x", 1), ("a: { b: *x }", 1), ("a: &x { b: c }", 1), ("a: !tag 1", 1), ("a: 1\na: 2", 2),
        ("a: 1\n   b: 2\n", 2), ("a: [1, 2", 1),
        ("a: 'x", 1), ("a:\n  b: 1\n c: 2", 3), ("a: {b: 1} c", 1), ("a: 1\nnonsense", 2), (#"a: "\q""#, 1),
    ])
    func whatIsNotUnderstoodIsRefusedWithItsLine(_ yaml: String, _ line: Int) {
        let error = #expect(throws: YAMLError.self) { try YAMLReader.read(yaml) }
        #expect(error?.line == line)
    }

    /// By a reader of another hand: what Foundation makes of our JSON has what the text has.
    @Test func theDescriptionIsReadWhole() throws {
        let text = try String(contentsOfFile: "docs/openapi.yaml", encoding: .utf8)
        let object = try JSONSerialization.jsonObject(with: Data(YAMLReader.read(text).json())) as? [String: Any]
        let paths = object?["paths"] as? [String: Any] ?? [:]
        #expect(paths.count == text.matches(of: /(?m)^  \/[^ ]*:$/).count)
        #expect((object?["openapi"] as? String) == "3.1.0")
    }
}
