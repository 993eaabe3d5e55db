import Testing
import Topology

@testable import Fleet

@Suite struct SimulationTests {
    /// Eight places, 0.2 s a job: 40 jobs a second.
    private func simulation(_ trace: LoadTrace, target: Int = 10) -> Simulation {
        Simulation(
            trace,
            places: 8,
            secondsPerJob: 0.2,
            startSeconds: 1,
            targetWaitSeconds: target,
            initialWorkers: 1
        )
    }

    private let scaling = QueueDefinition.Scaling(min: 1, max: 40, targetWaitSeconds: 10)

    /// What is asked of the policy: on each of these loads jobs wait less than with KEDA's scaler at its best, whatever that
    /// costs, and no more workers are paid for; and no value of KEDA's for the same money comes near.
    @Test(arguments: [
        (LoadTrace.Shape.flash, 20.0, 50.0, UInt64(1)), (.flash, 50, 10, 2), (.pause, 60, 1, 1), (.daily, 100, 1, 3),
    ])
    func jobsWaitLessThanWithKEDAForNoMoreWorkers(
        _ shape: LoadTrace.Shape,
        _ rate: Double,
        _ factor: Double,
        _ seed: UInt64
    ) throws {
        var trace = LoadTrace(shape, rate: rate, factor: factor, seed: seed)
        // Of a day the evening with its peak.
        if shape == .daily { trace = LoadTrace(name: "evening", arrivals: Array(trace.arrivals[61_200..<82_800])) }
        let comparison = PolicyComparison(simulation(trace), scaling)
        let ours = comparison.ours
        let best = try #require(comparison.bestKEDA)
        #expect(ours.p99Seconds < best.p99Seconds, "\(best.policy)")
        #expect(ours.workerSeconds <= best.workerSeconds, "\(best.policy)")
        for keda in comparison.keda where keda.workerSeconds <= ours.workerSeconds {
            #expect(ours.p99Seconds < keda.p99Seconds, "\(keda.policy)")
        }
        #expect(ours.jobs == trace.jobs)
        #expect(ours.unstarted == 0)
    }

    @Test func aFlashSaleIsServedWithinTheTargetAndTheWorkersGoAgain() throws {
        let result = simulation(LoadTrace(.flash, rate: 20, factor: 50)).run(FleetPolicy(scaling))
        #expect(result.lateShare == 0)
        #expect(result.mostWorkers > 20)
        #expect(try #require(result.points.last).workers == 1)
        let atEnd = try #require(result.points.first { $0.at == 637 + 60 })
        #expect(atEnd.waitSeconds <= 10)
    }

    @Test func aSteadyLoadCausesNoSwings() {
        let steady = LoadTrace(name: "steady", arrivals: Array(repeating: 100, count: 3_600))
        let result = simulation(steady).run(FleetPolicy(scaling))
        #expect(result.changes <= 3)
        #expect(result.longestSeconds < 10)
    }

    @Test func fixedWorkersDoWhatArithmeticSays() {
        // 400 jobs at once, 40 a second: the last starts after ten seconds less one step.
        let trace = LoadTrace(name: "lump", arrivals: [400] + Array(repeating: 0, count: 59))
        let result = simulation(trace).run(FixedPolicy(1))
        #expect(result.jobs == 400)
        #expect((8.5...10).contains(result.longestSeconds))
        #expect((4...6).contains(result.p50Seconds))
        #expect(result.workerSeconds == 60)
        #expect(simulation(trace).run(FixedPolicy(2)).workerSeconds > 115)
    }

    @Test func duringAPauseNothingStartsAndNobodyDecides() throws {
        let trace = LoadTrace(name: "pause", arrivals: Array(repeating: 10, count: 300), pauses: [100..<160])
        let result = simulation(trace).run(FleetPolicy(scaling))
        #expect((55...61).contains(result.longestSeconds))
        let during = result.points.filter { (105..<160).contains(Int($0.at)) }
        #expect(during.allSatisfy { $0.waitSeconds == 0 && $0.workers == during[0].workers })
    }

    @Test func kedasAutoscalerIsAsItsDocumentsSay() {
        let sample = QueueSample(ready: 0, arrivalsPerSecond: 0, secondsPerJob: 1, places: 1, oldestAgeSeconds: 0)
        func first(_ ready: Int, workers: Int) -> Int {
            var policy = KEDAPolicy(value: 10, scaling)
            return policy.workers(sample, readyNow: ready, workers: workers, at: 0)
        }
        #expect(first(31, workers: 1) == 4)
        #expect(first(1_000, workers: 1) == 5)
        #expect(first(1_000, workers: 10) == 20)
        // Within ten percent.
        #expect(first(109, workers: 10) == 10)
        #expect(first(112, workers: 10) == 12)
        var policy = KEDAPolicy(value: 10, scaling)
        #expect(policy.workers(sample, readyNow: 0, workers: 8, at: 0) == 8)
        #expect(policy.workers(sample, readyNow: 0, workers: 8, at: 285) == 8)
        #expect(policy.workers(sample, readyNow: 0, workers: 8, at: 300) == 1)
    }

    @Test func aRecordingIsRead() throws {
        let trace = try LoadTrace(name: "r", csv: "second,jobs\n0,5\n2,7,\n3,1,paused\n5,0\n")
        #expect(trace.arrivals == [5, 5, 7, 1, 1])
        #expect(trace.pauses == [3..<5])
        #expect(trace.jobs == 19)
    }

    @Test(arguments: [
        ("", "a trace takes two lines at least"), ("0,1\n", "a trace takes two lines at least"),
        ("0,1\n1,x\n", "line 2: write it as second,jobs or second,jobs,paused"),
        ("0,1\n0,2\n", "line 2: seconds ascend, from 0 to 604800"),
        ("0,1\n604801,2\n", "line 2: seconds ascend, from 0 to 604800"),
        ("0,-1\n1,2\n", "line 1: jobs in a second are 0 to 10000000"),
        ("0,1,gone\n1,2\n", "line 1: the third field is paused or empty, not 'gone'"),
    ])
    func aBadRecordingIsRefused(_ csv: String, _ message: String) {
        let error = #expect(throws: LoadTraceError.self) { try LoadTrace(name: "r", csv: csv) }
        #expect(error?.description == message)
    }

    @Test func syntheticLoadsAreTheSameEachTime() {
        for shape in LoadTrace.Shape.allCases {
            #expect(LoadTrace(shape, rate: 20) == LoadTrace(shape, rate: 20))
        }
        #expect(LoadTrace(.flash, rate: 20) != LoadTrace(.flash, rate: 20, seed: 2))
        let day = LoadTrace(.daily, rate: 20)
        #expect((1_700_000...1_760_000).contains(day.jobs))
    }

    @Test func thePlotIsAPicture() {
        let plot = LinePlot(
            title: "a <b> & c",
            [.init("workers", [.init("x", (0..<5_000).map { (x: Double($0), y: $0 == 3_333 ? 9 : 1) })], mark: 4)]
        )
        let svg = plot.svg()
        #expect(svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\""))
        #expect(svg.contains("a &lt;b&gt; &amp; c"))
        // The one high point is not thinned out, and stands at the panel's top.
        #expect(svg.contains(",62 "))
        #expect(svg.utf8.count < 60_000)
        #expect(LinePlot.steps(to: 9) == [0, 2, 4, 6, 8])
        #expect(LinePlot.steps(to: 0) == [0, 1])
        #expect(LinePlot.steps(to: 86_400) == [0, 20_000, 40_000, 60_000, 80_000])
    }

    @Test func portsOfProcessesAreApart() {
        let plan = PortPlan(base: 9_100, programs: 5)
        #expect(plan.port(program: 3, number: 1) == 9_103)
        #expect(plan.port(program: 3, number: 3) == 9_123)
        #expect(plan.fleet == 9_109)
        #expect(plan.mostProcesses == 5_643)
        #expect(PortPlan(base: 9_100, programs: 10).step == 20)
        #expect(PortPlan(base: 65_530, programs: 5).mostProcesses == 0)
    }
}
