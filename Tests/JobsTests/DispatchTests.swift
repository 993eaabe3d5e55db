import Testing

@testable import Jobs

@Suite struct DispatchTests {
    private func describe(_ actions: [Dispatch<Int>.Action]) -> [String] {
        actions.map {
            switch $0 {
            case .run(let runner, let items): "run \(runner) \(items)"
            case .wait(let line, _): "wait \(line)"
            }
        }
    }

    @Test func runsNoMoreAtOnceThanAllowed() {
        var dispatch = Dispatch<Int>(maximumBatches: [1], concurrency: 2)
        #expect(describe(dispatch.arrived(1, for: 0)) == ["run 0 [1]"])
        #expect(describe(dispatch.arrived(2, for: 0)) == ["run 0 [2]"])
        #expect(describe(dispatch.arrived(3, for: 0)) == [])
        #expect(describe(dispatch.finished()) == ["run 0 [3]"])
        #expect(describe(dispatch.finished()) == [])
    }

    @Test func startsABatchWhenItIsFullOrDue() {
        var dispatch = Dispatch<Int>(maximumBatches: [3], concurrency: 2)
        #expect(describe(dispatch.arrived(1, for: 0)) == ["wait 0"])
        #expect(describe(dispatch.arrived(2, for: 0)) == [])
        #expect(describe(dispatch.arrived(3, for: 0)) == ["run 0 [1, 2, 3]"])
        #expect(describe(dispatch.arrived(4, for: 0)) == [])
        #expect(describe(dispatch.waited(0)) == ["run 0 [4]"])
    }

    @Test func aDueBatchWaitsForAFreeRunAndGrowsMeanwhile() {
        var dispatch = Dispatch<Int>(maximumBatches: [2], concurrency: 1)
        _ = dispatch.arrived(1, for: 0)
        #expect(describe(dispatch.arrived(2, for: 0)) == ["run 0 [1, 2]"])
        _ = dispatch.arrived(3, for: 0)
        #expect(describe(dispatch.waited(0)) == [])
        #expect(describe(dispatch.arrived(4, for: 0)) == [])
        #expect(describe(dispatch.arrived(5, for: 0)) == [])
        #expect(describe(dispatch.finished()) == ["run 0 [3, 4]", "wait 0"])
        #expect(describe(dispatch.finished()) == [])
        #expect(describe(dispatch.waited(0)) == ["run 0 [5]"])
    }

    @Test func keepsJobsOfDifferentHandlersApart() {
        var dispatch = Dispatch<Int>(maximumBatches: [2, 1], concurrency: 5)
        #expect(describe(dispatch.arrived(1, for: 0)) == ["wait 0"])
        #expect(describe(dispatch.arrived(2, for: 1)) == ["run 1 [2]"])
        #expect(describe(dispatch.arrived(3, for: 0)) == ["run 0 [1, 3]"])
    }

    @Test func handsOverWhatWaitsOnceStopped() {
        var dispatch = Dispatch<Int>(maximumBatches: [1, 2], concurrency: 1)
        _ = dispatch.arrived(1, for: 0)
        _ = dispatch.arrived(2, for: 0)
        _ = dispatch.arrived(3, for: 1)
        dispatch.stop()
        #expect(describe(dispatch.finished()) == [])
        #expect(describe(dispatch.waited(1)) == [])
        #expect(describe(dispatch.arrived(4, for: 0)) == [])
        let waiting = dispatch.takeWaiting()
        #expect(waiting.map(\.item) == [2, 4, 3])
        let rest = dispatch.takeWaiting()
        #expect(rest.isEmpty)
    }

    /// The order of starts while one run after the other ends: `u` for an urgent job, `b` for another.
    private func starts(_ count: Int, urgent: Int, others: Int, share: Int) -> String {
        var dispatch = Dispatch<Character>(maximumBatches: [1], concurrency: 1, urgentShare: share)
        var started = ""
        func note(_ actions: [Dispatch<Character>.Action]) {
            for case .run(_, let items) in actions { started += String(items) }
        }
        for _ in 0..<others { note(dispatch.arrived("b", for: 0)) }
        for _ in 0..<urgent { note(dispatch.arrived("u", for: 0, isUrgent: true)) }
        while started.count < count { note(dispatch.finished()) }
        return String(started.prefix(count))
    }

    @Test func anUrgentJobIsTheNextToStart() {
        #expect(starts(4, urgent: 1, others: 1_000, share: 80) == "bubb")
        #expect(starts(4, urgent: 1, others: 1_000, share: 1) == "bubb")
    }

    @Test(arguments: [(90, 10), (80, 20), (50, 50), (1, 99)])
    func aFloodOfUrgentJobsLeavesTheOthersTheirShare(share: Int, rest: Int) {
        // The first to arrive started before any other was there.
        let contested = starts(1_001, urgent: 5_000, others: 5_000, share: share).dropFirst()
        #expect(contested.filter { $0 == "b" }.count == rest * 10)
        // Evenly: no stretch is without them.
        let longest = contested.split(separator: "b").map(\.count).max() ?? 0
        #expect(longest <= share / rest + 1)
    }

    @Test func whoWaitsAloneGetsAll() {
        #expect(starts(3, urgent: 5, others: 0, share: 10) == "uuu")
        #expect(starts(3, urgent: 0, others: 5, share: 90) == "bbb")
    }

    @Test func urgentAndOtherJobsShareNoBatch() {
        var dispatch = Dispatch<Int>(maximumBatches: [2], concurrency: 5, urgentShare: 50)
        #expect(describe(dispatch.arrived(1, for: 0)) == ["wait 0"])
        #expect(describe(dispatch.arrived(2, for: 0, isUrgent: true)) == ["wait 1"])
        #expect(describe(dispatch.arrived(3, for: 0, isUrgent: true)) == ["run 0 [2, 3]"])
        #expect(describe(dispatch.waited(0)) == ["run 0 [1]"])
    }

    @Test func closedItKeepsWhatComesUntilItOpens() {
        var dispatch = Dispatch<Int>(maximumBatches: [1], concurrency: 2)
        _ = dispatch.arrived(1, for: 0)
        dispatch.close()
        #expect(describe(dispatch.arrived(2, for: 0)) == [])
        #expect(describe(dispatch.finished()) == [])
        #expect(describe(dispatch.open()) == ["run 0 [2]"])
    }

    @Test func withALimitAJobNeedsAGrant() {
        var dispatch = Dispatch<Int>(maximumBatches: [1], concurrency: 2)
        #expect(describe(dispatch.limit(true)) == [])
        #expect(!dispatch.isHeld)
        for number in 1...4 { #expect(describe(dispatch.arrived(number, for: 0)) == []) }
        // No more than can run at once.
        #expect(dispatch.wanted == 2)
        #expect(describe(dispatch.grant(1)) == ["run 0 [1]"])
        #expect(dispatch.wanted == 1)
        #expect(describe(dispatch.finished()) == [])
        #expect(dispatch.wanted == 2)
        dispatch.close()
        #expect(!dispatch.isHeld)
        #expect(describe(dispatch.open()) == [])
        #expect(describe(dispatch.limit(false)) == ["run 0 [2]", "run 0 [3]"])
    }

    @Test func aBatchStartsWithAsManyAsAreGranted() {
        var dispatch = Dispatch<Int>(maximumBatches: [4], concurrency: 2)
        _ = dispatch.limit(true)
        for number in 1...4 { _ = dispatch.arrived(number, for: 0) }
        #expect(dispatch.wanted == 4)
        #expect(describe(dispatch.grant(3)) == ["run 0 [1, 2, 3]"])
        #expect(dispatch.wanted == 0)
        #expect(describe(dispatch.waited(0)) == [])
        #expect(describe(dispatch.grant(1)) == ["run 0 [4]"])
    }
}
