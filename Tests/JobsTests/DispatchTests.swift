import Testing

@testable import Jobs

@Suite struct DispatchTests {
    private func describe(_ actions: [Dispatch<Int>.Action]) -> [String] {
        actions.map {
            switch $0 {
            case .run(let runner, let items): "run \(runner) \(items)"
            case .wait(let runner): "wait \(runner)"
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
        #expect(waiting == [2, 4, 3])
        let rest = dispatch.takeWaiting()
        #expect(rest == [])
    }
}
