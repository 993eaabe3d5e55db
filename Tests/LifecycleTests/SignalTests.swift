import Foundation
import Testing

/// Real signals at a real process.
@Suite(.timeLimit(.minutes(1))) struct SignalTests {
    @Test(arguments: [SIGTERM, SIGINT])
    func aSignalStopsInReverseOrderAndExitsZero(_ signal: Int32) async throws {
        let fixture = try Fixture("orderly")
        var ready = 0
        var stopped: [String] = []
        for await line in fixture.lines {
            if line.hasPrefix("ready") {
                ready += 1
                if ready == 3 { fixture.signal(signal) }
            } else {
                stopped.append(line)
            }
        }
        #expect(stopped == ["stopped third", "stopped second", "stopped first", "end"])
        #expect(await fixture.exit() == .code(0))
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func aSecondSignalExitsAtOnce(_ signal: Int32) async throws {
        let fixture = try Fixture("stuck")
        for await line in fixture.lines where line == "ready deaf" {
            // Two equal signals sent at once may arrive as one: sent until it works.
            while fixture.isRunning {
                fixture.signal(signal)
                await Task.yield()
            }
        }
        #expect(await fixture.exit() == .code(128 + signal))
    }

    @Test func whatDoesNotStopInTimeIsNamed() async throws {
        let fixture = try Fixture("overdue")
        var last = ""
        for await line in fixture.lines {
            if line == "ready deaf" { fixture.signal(SIGTERM) }
            last = line
        }
        #expect(last == "error: not stopped within the grace period: deaf")
        #expect(await fixture.exit() == .code(1))
    }

    @Test func aServiceThatFailsStopsTheOthers() async throws {
        let fixture = try Fixture("failing")
        let lines = await fixture.lines.reduce(into: []) { $0.append($1) }
        #expect(lines.suffix(2) == ["stopped calm", "error: broken failed: no luck"])
        #expect(await fixture.exit() == .code(1))
    }

    @Test(arguments: [("outbox.after-commit", 1), ("job.before-ack,outbox.after-commit:3", 3)])
    func aFailpointKills(_ setting: String, _ hits: Int) async throws {
        let fixture = try Fixture("failpoint", environment: ["WHARF_FAILPOINT": setting])
        let lines = await fixture.lines.reduce(into: []) { $0.append($1) }
        #expect(lines == (1...hits).map { "hit \($0)" })
        #expect(await fixture.exit() == .signal(SIGKILL))
    }

    @Test func unarmedFailpointsDoNothing() async throws {
        let fixture = try Fixture("failpoint", environment: ["WHARF_FAILPOINT": "outbox.after-confirm"])
        let lines = await fixture.lines.reduce(into: []) { $0.append($1) }
        #expect(lines.last == "end")
        #expect(await fixture.exit() == .code(0))
    }

    @Test func aMisspeltFailpointIsFatal() async throws {
        let fixture = try Fixture("failpoint", environment: ["WHARF_FAILPOINT": "outbox.after-comit"])
        let lines = await fixture.lines.reduce(into: []) { $0.append($1) }
        #expect(lines == ["hit 1"])
        #expect(await fixture.exit() != .code(0))
    }
}
