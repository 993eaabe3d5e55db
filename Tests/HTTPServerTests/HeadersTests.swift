import Testing

@testable import HTTPServer

@Suite struct HeadersTests {
    @Test func namesIgnoreCaseAndOrderIsKept() {
        var headers: Headers = ["Content-Type": "text/plain", "Set-Cookie": "a=1"]
        headers.append("set-cookie", "b=2")
        #expect(headers["content-TYPE"] == "text/plain")
        #expect(headers.all("SET-COOKIE") == ["a=1", "b=2"])
        #expect(headers.map(\.name) == ["Content-Type", "Set-Cookie", "set-cookie"])
        #expect(headers["Content-Typ"] == nil)
    }

    @Test func assigningReplacesAllValues() {
        var headers: Headers = ["A": "1", "B": "2", "a": "3"]
        headers["A"] = "4"
        #expect(headers.all("a") == ["4"])
        headers["B"] = nil
        #expect(headers["B"] == nil)
    }

    @Test(arguments: ["a\r\nSet-Cookie: x", "a\nb", "a\rb", "a\0b", "a\u{7F}"])
    func controlCharactersAreFound(value: String) {
        #expect(!Headers(dictionaryLiteral: ("X", value)).areWellFormed)
    }

    @Test(arguments: ["", "X Y", "X:", "X\r\n", "É"])
    func namesMustBeTokens(name: String) {
        #expect(!Headers(dictionaryLiteral: (name, "v")).areWellFormed)
    }

    @Test func emptyAndNonASCIIValuesAreFine() {
        #expect((["X": "", "Y": "größe"] as Headers).areWellFormed)
    }

    @Test func cStringsAreTheFields() {
        var seen: [String] = []
        (["A": "1", "Bb": ""] as Headers).forEachCString { name, value in
            seen.append("\(String(cString: name))=\(String(cString: value))")
        }
        #expect(seen == ["A=1", "Bb="])
    }
}
