import Lifecycle
import Testing

@testable import Jobs

/// What a mutating call answered: `#expect` cannot take the call itself apart.
private func result<Value>(_ value: Value) -> Value { value }

@Suite struct QueueGateTests {
    @Test func isOpenWhileNothingKeepsItClosed() {
        var gate = QueueGate()
        #expect(result(gate.update(isPaused: false, down: [])).isEmpty)
        #expect(gate.isOpen)
        #expect(result(gate.update(isPaused: true, down: [])) == [.began(.paused)])
        #expect(!gate.isOpen)
        #expect(result(gate.update(isPaused: true, down: ["search"])) == [.began(.dependency("search"))])
        #expect(result(gate.update(isPaused: false, down: ["search"])) == [.ended(.paused)])
        #expect(!gate.isOpen)
        #expect(result(gate.update(isPaused: false, down: [])) == [.ended(.dependency("search"))])
        #expect(gate.isOpen)
    }

    @Test func isClosedWhileNobodyKnows() {
        var gate = QueueGate()
        #expect(result(gate.update(isPaused: nil, down: [])) == [.began(.unknown)])
        #expect(!gate.isOpen)
        #expect(result(gate.update(isPaused: false, down: [])) == [.ended(.unknown)])
        #expect(gate.isOpen)
    }
}

@Suite struct PacerTests {
    private let start = ContinuousClock.now

    private func lease(_ delay: Duration) -> RateLease { RateLease(delay: delay) }

    @Test func asksForAQuarterOfASecond() {
        var fast = Pacer(perSecond: 20)
        #expect(result(fast.step(wanted: 100, now: start)) == .lease(5))
        var slow = Pacer(perSecond: 1)
        #expect(result(slow.step(wanted: 100, now: start)) == .lease(1))
    }

    @Test func spreadsALeaseOverItsTime() {
        var pacer = Pacer(perSecond: 20)
        pacer.leased(lease(.milliseconds(100)), jobs: 5, at: start)
        #expect(result(pacer.step(wanted: 9, now: start)) == .wait(until: start + .milliseconds(100)))
        #expect(result(pacer.step(wanted: 9, now: start + .milliseconds(100))) == .start(1))
        #expect(
            result(pacer.step(wanted: 9, now: start + .milliseconds(120))) == .wait(until: start + .milliseconds(150))
        )
        // Woken late, it makes up for it.
        #expect(result(pacer.step(wanted: 2, now: start + .milliseconds(500))) == .start(2))
        #expect(result(pacer.step(wanted: 9, now: start + .milliseconds(500))) == .start(2))
        #expect(result(pacer.step(wanted: 9, now: start + .milliseconds(500))) == .lease(5))
    }

    @Test func whatWasNotUsedInTimeLapses() {
        var pacer = Pacer(perSecond: 20)
        pacer.leased(lease(.zero), jobs: 5, at: start)
        // The last start was allowed at 200 ms.
        #expect(result(pacer.step(wanted: 9, now: start + Pacer.lapse + .milliseconds(120))) == .start(2))
        pacer.leased(lease(.zero), jobs: 5, at: start)
        #expect(result(pacer.step(wanted: 9, now: start + .seconds(60))) == .lease(5))
    }
}

@Suite struct RateHorizonTests {
    /// Any number of workers that take all they can get: what they may start in a minute.
    @Test(arguments: [1, 3, 50])
    func allTogetherKeepToTheRate(workers: Int) {
        var horizon = RateHorizon()
        var pacers = (0..<workers).map { _ in Pacer(perSecond: 20) }
        let start = ContinuousClock.now
        var starts = 0
        for millisecond in stride(from: 0, to: 60_000, by: 10) {
            let now = start + .milliseconds(millisecond)
            for index in pacers.indices {
                switch pacers[index].step(wanted: 100, now: now) {
                case .start(let count): starts += count
                case .wait: break
                case .lease(let jobs):
                    let lease = horizon.lease(jobs: jobs, perSecond: 20, now: .milliseconds(millisecond))
                    if let lease { pacers[index].leased(lease, jobs: jobs, at: now) }
                }
            }
        }
        #expect((1_180...1_210).contains(starts), "\(starts) in a minute")
    }

    @Test func nothingIsGivenAwayTooFarAhead() {
        var horizon = RateHorizon()
        #expect(
            result(horizon.lease(jobs: 5, perSecond: 20, now: .seconds(10))) == RateLease(delay: .milliseconds(-250))
        )
        for delay in stride(from: 0, to: 1_000, by: 250) {
            let lease = horizon.lease(jobs: 5, perSecond: 20, now: .seconds(10))
            #expect(lease == RateLease(delay: .milliseconds(delay)))
        }
        #expect(result(horizon.lease(jobs: 5, perSecond: 20, now: .seconds(10))) == nil)
        #expect(result(horizon.lease(jobs: 5, perSecond: 20, now: .seconds(11))) == RateLease(delay: .zero))
    }
}

@Suite struct CircuitStateTests {
    private let start = ContinuousClock.now

    private func closed() -> CircuitState {
        CircuitState(threshold: 3, backoff: Backoff(base: .seconds(1), cap: .seconds(30)))
    }

    @Test func opensAfterFailuresInARow() {
        var state = closed()
        #expect(result(state.runFailed(at: start)) == nil)
        #expect(result(state.runFailed(at: start)) == nil)
        #expect(result(state.runSucceeded()) == nil)
        #expect(result(state.runFailed(at: start)) == nil)
        #expect(result(state.runFailed(at: start)) == nil)
        #expect(!state.isOpen)
        #expect(result(state.runFailed(at: start)) == .opened)
        #expect(state.isOpen)
        #expect(result(state.runFailed(at: start)) == nil)
    }

    @Test func probesLessAndLessOften() {
        var state = closed()
        for _ in 1...3 { _ = state.runFailed(at: start) }
        var now = start
        for ceiling in [1, 2, 4, 8, 16, 30, 30] {
            let half = Duration.milliseconds(500 * ceiling)
            #expect(!result(state.beginProbe(at: now + half - .milliseconds(1))))
            now += .seconds(ceiling)
            #expect(result(state.beginProbe(at: now)))
            // One at a time.
            #expect(!result(state.beginProbe(at: now)))
            #expect(state.isOpen)
            #expect(result(state.probed(isUp: false, at: now)) == nil)
        }
    }

    @Test func aRunDecidesAfterTheProbe() {
        var state = closed()
        for _ in 1...3 { _ = state.runFailed(at: start) }
        #expect(result(state.beginProbe(at: start + .seconds(1))))
        #expect(result(state.probed(isUp: true, at: start + .seconds(1))) == .closed)
        #expect(!state.isOpen)
        // One failure is enough now, and the wait is longer than the first.
        #expect(result(state.runFailed(at: start + .seconds(2))) == .opened)
        #expect(!result(state.beginProbe(at: start + .milliseconds(2_999))))
        #expect(result(state.beginProbe(at: start + .seconds(4))))
        #expect(result(state.probed(isUp: true, at: start + .seconds(4))) == .closed)
        #expect(result(state.runSucceeded()) == nil)
        #expect(result(state.runFailed(at: start + .seconds(5))) == nil)
        #expect(!state.isOpen)
    }
}
