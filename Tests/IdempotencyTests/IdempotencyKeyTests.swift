import Testing

@testable import Idempotency

@Suite struct IdempotencyKeyTests {
    @Test func takesQuotedAndBareValues() {
        #expect(IdempotencyKey("\"8e03978e-40d5\"") == IdempotencyKey("8e03978e-40d5"))
    }

    @Test(arguments: ["", "\"\"", "a b", "é", "a\u{0}", String(repeating: "a", count: 256)])
    func refusesWhatNoHeaderShouldHold(_ text: String) {
        #expect(IdempotencyKey(text) == nil)
    }

    @Test func madeUpKeysDiffer() {
        #expect(IdempotencyKey.generate() != IdempotencyKey.generate())
    }
}
