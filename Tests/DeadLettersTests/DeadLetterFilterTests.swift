import Foundation
import Testing

@testable import DeadLetters

@Suite struct DeadLetterFilterTests {
    private let now = Date(timeIntervalSince1970: 1_700_000_000)

    @Test func everyFieldHasToFit() {
        var filter = DeadLetterFilter()
        #expect(filter.matches(letter()))
        filter.reason = "NO STO"
        filter.errorType = "OutOfStock"
        filter.job = "order.process"
        filter.since = now
        filter.ids = ["m", "n"]
        #expect(filter.matches(letter()))
        #expect(!filter.matches(letter(reason: "no money")))
        #expect(!filter.matches(letter(errorType: "OutOfStockError")))
        #expect(!filter.matches(letter(job: "order")))
        #expect(!filter.matches(letter(lastFailureAt: now - 1)))
        #expect(!filter.matches(letter(id: "o")))
        #expect(!filter.matches(letter(id: nil)))
        #expect(
            filter.fields == [
                "reason": "NO STO", "error_type": "OutOfStock", "job": "order.process", "id": "m,n",
                "since": "2023-11-14T22:13:20Z",
            ]
        )
    }

    @Test(arguments: [
        ("0s", 0), ("90s", 90), ("30m", 1_800), ("2h", 7_200), ("7d", 604_800), ("2023-11-14T22:13:10Z", 10),
        ("2023-11-14T22:13:10.500Z", 9.5), ("2023-11-14T23:13:10+01:00", 10),
    ])
    func sinceReads(_ text: String, _ secondsAgo: Double) {
        #expect(DeadLetterFilter.since(text, now: now) == now - secondsAgo)
    }

    @Test(arguments: [
        "", "h", "2", "-2h", "2w", "1.5h", "2 h", "yesterday", "2023-11-14", "999999999999999999999h", "40000d",
    ])
    func sinceRefuses(_ text: String) { #expect(DeadLetterFilter.since(text, now: now) == nil) }
}
