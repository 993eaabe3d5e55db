import Testing

@testable import Validation

/// The rules that the API's description writes as patterns, `minLength` and `maxLength`.
@Suite struct ValidatorTests {
    private func line(_ value: String, _ length: ClosedRange<Int>) -> String? {
        var validator = Validator()
        let line = validator.line(value, "name", length: length)
        return validator.problems.isEmpty ? line : nil
    }

    @Test func aLineLosesTheWhiteSpaceAtItsEnds() {
        #expect(line("  Ada \u{3000}", 1...10) == "Ada")
        #expect(line(" \u{a0}", 0...10)?.isEmpty == true)
    }

    @Test(arguments: ["", " ", "\u{2003}\u{3000}", "a\u{0}", "a\n", "\u{85}", "a\u{2028}b", "a\u{7f}"])
    func whiteSpaceAloneAndControlCharactersAreNoLine(_ value: String) {
        #expect(line(value, 1...10) == nil)
    }

    /// JSON Schema and PostgreSQL count scalars: of what people see as five characters here, ten.
    @Test func lengthsCountScalarsOfWhatWasSent() {
        let accented = String(repeating: "e\u{301}", count: 5)
        #expect(line(accented, 1...10) == accented)
        #expect(line(accented, 1...9) == nil)
        #expect(line("Ada       ", 1...9) == nil)
    }

    @Test func textMayHaveLines() {
        var validator = Validator()
        #expect(validator.text(" one\r\n\ttwo\n", "body", length: 1...20) == "one\r\n\ttwo")
        #expect(validator.problems.isEmpty)
        _ = validator.text("\n", "body", length: 1...20)
        _ = validator.text("a\u{1b}", "body", length: 1...20)
        #expect(validator.problems.count == 2)
    }
}
