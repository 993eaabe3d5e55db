import Foundation
import Testing

@testable import DeadLetters

@Suite struct DeadLetterSummaryTests {
    @Test func countsByErrorTypeAndReason() {
        var summary = DeadLetterSummary()
        let now = Date(timeIntervalSince1970: 1_700_000_000)
        summary.add(letter(reason: "a", lastFailureAt: now))
        summary.add(letter(reason: "b", errorType: "Other", lastFailureAt: now))
        summary.add(letter(reason: "a", lastFailureAt: now - 5))
        #expect(
            summary.lines == [
                .init(errorType: "OutOfStock", reason: "a", count: 2, lastFailureAt: now),
                .init(errorType: "Other", reason: "b", count: 1, lastFailureAt: now),
            ]
        )
    }

    @Test func aThousandReasonsAreOneLineWithTheLatest() {
        var summary = DeadLetterSummary()
        let now = Date(timeIntervalSince1970: 1_700_000_000)
        for number in 1...1_000 {
            summary.add(letter(reason: "order \(number)", lastFailureAt: now + Double(number)))
        }
        #expect(
            summary.lines == [
                .init(
                    errorType: "OutOfStock",
                    reason: "many, such as: order 1000",
                    count: 1_000,
                    lastFailureAt: now + 1_000
                )
            ]
        )
    }
}
