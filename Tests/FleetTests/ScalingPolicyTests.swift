import Testing
import Topology

@testable import Fleet

@Suite struct ScalingPolicyTests {
    private let policy: ScalingPolicy = {
        var tuning = ScalingPolicy.Tuning()
        tuning.utilisation = 0.95
        tuning.drainShare = 0.5
        tuning.coolDownSeconds = 60
        tuning.settleSeconds = 10
        return ScalingPolicy(tuning: tuning)
    }()
    /// A worker does 40 jobs a second.
    private func sample(ready: Int = 0, arrivals: Double = 0, age: Double = 0, seconds: Double? = 0.2) -> QueueSample {
        QueueSample(
            ready: ready,
            running: arrivals > 0 ? 1 : 0,
            arrivalsPerSecond: arrivals,
            secondsPerJob: seconds,
            places: 8,
            oldestAgeSeconds: age
        )
    }
    private let scaling = QueueDefinition.Scaling(min: 1, max: 20, targetWaitSeconds: 10)

    private func demand(
        _ sample: QueueSample,
        workers: Int = 1,
        fixed: Int? = nil,
        state: ScalingPolicy.State = .init(),
        at now: Double = 100
    ) -> QueueDemand {
        policy.demand(of: "q", sample, scaling: scaling, workers: workers, fixed: fixed, state: state, at: now)
    }

    @Test func whatArrivesAndWhatWaitsAreBothServed() {
        // 100/s are two and a half workers' work, and a little to spare.
        #expect(demand(sample(arrivals: 100)).workers == 3)
        // 1000 that wait are worked off in half the target: 200/s.
        #expect(demand(sample(ready: 1_000)).workers == 5)
        #expect(demand(sample(ready: 1_000, arrivals: 100)).workers == 8)
        #expect(demand(sample(ready: 1_000, arrivals: 100)).cause == .load)
    }

    @Test func whatWorkersFetchedAheadWaitsToo() {
        var sample = sample()
        sample.unacked = 1_008
        sample.running = 8
        #expect(demand(sample).workers == 5)
    }

    @Test func theFileSetsTheLimits() {
        #expect(demand(sample()).workers == 1)
        #expect(demand(sample()).cause == .idle)
        #expect(demand(sample(ready: 1_000_000, arrivals: 1e9)).workers == 20)
        #expect(demand(sample(), fixed: 7).workers == 7)
        #expect(demand(sample(), fixed: 7).cause == .fixed)
        #expect(demand(sample(), fixed: 99).workers == 20)
    }

    @Test func moreWorkersAreNoHelpAgainstAPauseOrARateLimit() {
        var held = sample(ready: 10_000)
        held.isHeld = true
        #expect(demand(held, workers: 3).workers == 3)
        #expect(demand(held, workers: 3).cause == .held)
        var limited = sample(ready: 10_000, arrivals: 100)
        limited.rateLimitPerSecond = 60
        #expect(demand(limited).workers == 2)
        #expect(demand(limited).cause == .rateLimit)
    }

    @Test func withoutAMeasureWorkersAreAddedOneByOne() throws {
        var state = ScalingPolicy.State()
        let unknown = sample(ready: 50, seconds: nil)
        #expect(demand(unknown, workers: 1, state: state).workers == 2)
        #expect(demand(unknown, workers: 1, state: state).cause == .unmeasured)
        let first = try #require(policy.decide([demand(unknown)], workers: 1, state: &state, at: 100))
        #expect(first.workers == 2)
        #expect(demand(unknown, workers: 2, state: state, at: 102).workers == 2)
        #expect(demand(unknown, workers: 2, state: state, at: 110).workers == 3)
        #expect(demand(sample(seconds: nil), workers: 2, state: state, at: 110).cause == .idle)
    }

    @Test func figuresThatAreTooRosyAreNotTrusted() {
        var late = sample(ready: 10, arrivals: 10, age: 11)
        #expect(demand(late, workers: 3).workers == 1)
        late.isGrowing = true
        #expect(demand(late, workers: 3).workers == 4)
        #expect(demand(late, workers: 3).cause == .late)
        late.oldestAgeSeconds = 9
        #expect(demand(late, workers: 3).cause == .load)
    }

    @Test func growingIsAtOnceAndShrinkingTakesACoolDown() throws {
        var state = ScalingPolicy.State()
        func decide(_ sample: QueueSample, workers: Int, at now: Double) throws -> Int {
            let demand = demand(sample, workers: workers, state: state, at: now)
            return try #require(policy.decide([demand], workers: workers, state: &state, at: now)).workers
        }
        #expect(try decide(sample(ready: 1_000), workers: 1, at: 0) == 5)
        #expect(try decide(sample(ready: 2_000), workers: 5, at: 2) == 10)
        #expect(try decide(sample(), workers: 10, at: 4) == 10)
        #expect(try decide(sample(ready: 1_000), workers: 10, at: 40) == 10)
        #expect(try decide(sample(), workers: 10, at: 61) == 10)
        // A minute after ten were asked for last, five are kept, since they were asked for since.
        #expect(try decide(sample(), workers: 10, at: 63) == 5)
        #expect(try decide(sample(), workers: 5, at: 99) == 5)
        #expect(try decide(sample(), workers: 5, at: 101) == 1)
    }

    @Test func theMostDemandingQueueDecidesAndAnOperatorIsObeyedAtOnce() throws {
        var state = ScalingPolicy.State()
        let idle = demand(sample())
        let busy = demand(sample(ready: 1_000))
        #expect(policy.decide([], workers: 3, state: &state, at: 0) == nil)
        #expect(try #require(policy.decide([idle, busy, idle], workers: 1, state: &state, at: 0)).workers == 5)
        state.forget()
        let fixed = demand(sample(ready: 1_000), fixed: 2)
        let decision = try #require(policy.decide([idle, fixed], workers: 5, state: &state, at: 1))
        #expect(decision.workers == 2)
        #expect(decision.demand.cause == .fixed)
        // Though others ask for as many.
        state.forget()
        let one = demand(sample(ready: 1_000), fixed: 1)
        #expect(try #require(policy.decide([idle, one, idle], workers: 5, state: &state, at: 2)).workers == 1)
    }

    @Test func afterATimeOfBlindnessWhatThereIsStaysForAWhile() throws {
        var state = ScalingPolicy.State()
        _ = policy.decide([demand(sample(ready: 2_000))], workers: 1, state: &state, at: 0)
        #expect(try #require(policy.decide([demand(sample())], workers: 10, state: &state, at: 1_000)).workers == 10)
        #expect(try #require(policy.decide([demand(sample())], workers: 10, state: &state, at: 1_030)).workers == 10)
        #expect(try #require(policy.decide([demand(sample())], workers: 10, state: &state, at: 1_061)).workers == 1)
    }
}
