import Testing
import Topology

@testable import Jobs

@Suite struct RetryPolicyTests {
    private let policy = RetryPolicy(.init(rungsSeconds: [5, 30, 120], attempts: 6))

    @Test(arguments: [(1, [5, 30]), (2, [30, 120]), (3, [30, 120]), (4, [30, 120]), (5, [30, 120])])
    func waitsLongerWithEachAttemptAndSpreads(attempt: Int, rungs: [Int]) {
        let chosen = [true, false].compactMap { policy.rung(afterAttempt: attempt, atLeast: nil, coin: $0) }
        #expect(chosen.sorted() == rungs)
    }

    @Test func endsAfterTheLastAttempt() {
        #expect(policy.rung(afterAttempt: 6, atLeast: nil, coin: true) == nil)
        #expect(policy.rung(afterAttempt: 6, atLeast: .seconds(1), coin: true) == nil)
        #expect(policy.rung(afterAttempt: 60, atLeast: nil, coin: true) == nil)
    }

    @Test(arguments: [(0, 5), (5, 5), (6, 30), (31, 120), (100_000, 120)])
    func takesTheShortestRungThatIsLongEnough(seconds: Int, rung: Int) {
        #expect(policy.rung(atLeast: .seconds(seconds)) == rung)
    }

    @Test func worksWithOneRung() {
        let single = RetryPolicy(.init(rungsSeconds: [7], attempts: 3))
        #expect(single.rung(afterAttempt: 1, atLeast: nil, coin: true) == 7)
        #expect(single.rung(afterAttempt: 2, atLeast: nil, coin: false) == 7)
    }
}
