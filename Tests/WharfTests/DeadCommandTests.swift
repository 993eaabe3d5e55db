import DeadLetters
import Testing

@testable import wharf

@Suite struct DeadCommandTests {
    @Test(arguments: [
        ("", "(no body)"), (#"{"b":[1,"x"],"a":null}"#, "{\n  \"a\" : null,\n  \"b\" : [\n    1,\n    \"x\"\n  ]\n}"),
        (#""just text""#, #""just text""#), ("no JSON\u{1B}[0m\nat all", "no JSON?[0m\nat all"),
    ])
    func aBodyIsShownAsWhatItIs(_ body: String, _ shown: String) {
        #expect(DeadShowCommand.body(Array(body.utf8)) == shown)
    }

    @Test func bytesThatAreNoTextAreCounted() {
        let start = "ff " + Array(repeating: "00", count: 63).joined(separator: " ")
        #expect(
            DeadShowCommand.body([255] + Array(repeating: 0, count: 99)) == "(100 bytes that are no text: \(start) …)"
        )
    }

    @Test func ratesArePerSecond() throws {
        #expect(try DeadReplayCommand.rate("20/s") == 20)
        #expect(try DeadReplayCommand.rate("1") == 1)
        #expect(try DeadReplayCommand.rate(nil) == nil)
        for text in ["0", "-1/s", "1.5/s", "10/m", "many", "", "10001"] {
            #expect(throws: UsageError.self, "\(text)") { try DeadReplayCommand.rate(text) }
        }
    }

    @Test func emptyFiltersAreRefused() {
        for option in ["reason", "error-type", "job", "id"] {
            for text in ["", " ", ","] {
                #expect(throws: UsageError("--\(option) is empty")) {
                    try DeadCommands.filter(Invocation(values: [option: text]))
                }
            }
        }
    }

    @Test func idsStandBetweenCommas() throws {
        #expect(try DeadCommands.filter(Invocation(values: ["id": "a,b,,a"])).ids == ["a", "b"])
    }
}
