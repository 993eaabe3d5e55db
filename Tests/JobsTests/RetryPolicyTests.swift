import Testing
import Topology

@testable import Jobs

@Suite struct RetryPolicyTests {
    private let policy = RetryPolicy(.init(rungsSeconds: [5, 30, 120], attempts: 6))

    @Test(arguments: [(1, [5, 30]), (2, [30, 120]), (3, [30, 120]), (4, [30, 120]), (5, [30, 120])])
    func waitsLongerWithEachAttemptAndSpreads(attempt: Int, rungs: [Int]) {
        var random = SystemRandomNumberGenerator()
        let chosen = (0..<200).compactMap { _ in policy.rung(afterAttempt: attempt, atLeast: nil, using: &random) }
        #expect(Set(chosen).sorted() == rungs)
    }

    @Test func endsAfterTheLastAttempt() {
        var random = SystemRandomNumberGenerator()
        #expect(policy.rung(afterAttempt: 6, atLeast: nil, using: &random) == nil)
        #expect(policy.rung(afterAttempt: 6, atLeast: .seconds(1), using: &random) == nil)
        #expect(policy.rung(afterAttempt: 60, atLeast: nil, using: &random) == nil)
    }

    @Test(arguments: [(0, 5), (5, 5), (6, 30), (31, 120), (100_000, 120)])
    func takesTheShortestRungThatIsLongEnough(seconds: Int, rung: Int) {
        #expect(policy.rung(atLeast: .seconds(seconds)) == rung)
    }

    @Test func worksWithOneRung() {
        var random = SystemRandomNumberGenerator()
        let single = RetryPolicy(.init(rungsSeconds: [7], attempts: 3))
        #expect(single.rung(afterAttempt: 1, atLeast: nil, using: &random) == 7)
        #expect(single.rung(afterAttempt: 2, atLeast: nil, using: &random) == 7)
    }
}
