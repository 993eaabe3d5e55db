import Testing
import Threading

@testable import HTTPServer

@Suite(.timeLimit(.minutes(1))) struct ReadinessTests {
    private struct Oops: Error {}

    @Test func aProgramWithoutDependenciesIsReady() async {
        let report = await Readiness().report()
        #expect(report == ReadinessReport(status: .ready, checks: [:]))
        #expect(report.httpStatus == 200)
    }

    @Test func whatIsNotVitalDegrades() async {
        let readiness = Readiness()
        await readiness.add("database", isVital: true) { true }
        await readiness.add("broker", isVital: true) { true }
        await readiness.add("broker", isVital: false) { false }
        let report = await readiness.report()
        #expect(report == ReadinessReport(status: .degraded, checks: ["database": .up, "broker": .down]))
        #expect(report.httpStatus == 200)
    }

    @Test func withoutWhatIsVitalItIsUnavailable() async {
        let readiness = Readiness()
        await readiness.add("database", isVital: true) { throw Oops() }
        await readiness.add("broker", isVital: false) { true }
        let report = await readiness.report()
        #expect(report == ReadinessReport(status: .unavailable, checks: ["database": .down, "broker": .up]))
        #expect(report.httpStatus == 503)
    }

    @Test func aCheckThatHangsIsDown() async {
        let readiness = Readiness(timeout: .milliseconds(20))
        await readiness.add("database", isVital: true) {
            await withUnsafeContinuation { (_: UnsafeContinuation<Bool, Never>) in }
        }
        #expect(await readiness.report().checks == ["database": .down])
    }

    @Test func manyAskersCauseOneRound() async {
        let readiness = Readiness()
        let asked = Lock(0)
        await readiness.add("database", isVital: true) {
            asked.withLock { $0 += 1 }
            return true
        }
        let reports = await withTaskGroup(of: ReadinessReport.self) { group in
            for _ in 0..<100 { group.addTask { await readiness.report() } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(reports.allSatisfy { $0.status == .ready })
        // A slow machine may need more than the second that a round stays fresh.
        #expect(asked.withLock { $0 } < 10)
    }

    @Test func aStoppingProgramWantsNoTraffic() async {
        let readiness = Readiness()
        await readiness.add("database", isVital: true) { true }
        readiness.beginStopping()
        let report = await readiness.report()
        #expect(report.status == .stopping)
        #expect(report.httpStatus == 503)
    }
}
