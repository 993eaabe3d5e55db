import Foundation
import Testing

@testable import Schedule

@Suite struct ScheduleStepTests {
    private let noon = Date(timeIntervalSince1970: 1_795_521_600)  // 2026-11-24T12:00:00Z

    private func entry(_ cron: String, _ catchUp: ScheduleEntry.CatchUp = .one) throws -> ScheduleEntry {
        ScheduleEntry(
            name: "e",
            cron: cron,
            recurrence: try CronExpression(cron),
            job: "a.b",
            body: [],
            catchUp: catchUp
        )
    }

    private func past(last: TimeInterval? = nil, seen: TimeInterval? = nil) -> ScheduleStore.Past {
        .init(lastTick: last.map { noon + $0 }, firstSeenAt: seen.map { noon + $0 })
    }

    @Test func aNewEntryWaitsForItsFirstTime() throws {
        let step = ScheduleStep(try entry("0 * * * *"), past: past(seen: 0), now: noon + 5)
        #expect(step.due == nil)
        #expect(step.next == noon + 3_600)
        #expect(ScheduleStep(try entry("0 * * * *"), past: past(), now: noon + 5) == step)
    }

    @Test func aTimeIsRunOnce() throws {
        let hourly = try entry("0 * * * *")
        #expect(ScheduleStep(hourly, past: past(last: -3_600), now: noon).due == noon)
        #expect(ScheduleStep(hourly, past: past(last: 0), now: noon + 1).due == nil)
    }

    @Test func ofMissedTimesTheLatestIsMadeUpForOrNone() throws {
        let now = noon + 1_800
        let missed = past(last: -86_400 * 20)
        #expect(ScheduleStep(try entry("0 * * * *"), past: missed, now: now).due == noon)
        #expect(ScheduleStep(try entry("0 * * * *", .none), past: missed, now: now).due == nil)
        // One that has only just come is not missed.
        #expect(ScheduleStep(try entry("0 * * * *", .none), past: missed, now: noon + 30).due == noon)
    }

    @Test func timesBeforeTheEntryWasSeenAreNotMissed() throws {
        let step = ScheduleStep(try entry("0 * * * *"), past: past(seen: 1), now: noon + 1_800)
        #expect(step.due == nil)
    }

    /// A database that came back as another node may be behind the one that wrote the ticks.
    @Test func aClockThatGoesBackRunsNothingAgain() throws {
        let step = ScheduleStep(try entry("0 * * * *"), past: past(last: 0), now: noon - 1_800)
        #expect(step.due == nil)
        #expect(step.next == noon + 3_600)
    }

    @Test func aLongStandstillOfAMinutelyEntryIsNotCountedThrough() throws {
        for _ in 0..<1_000 {
            let step = ScheduleStep(try entry("* * * * *"), past: past(last: -86_400 * 3_000), now: noon + 30)
            #expect(step.due == noon)
        }
    }

    @Test(arguments: ["0 0 1 1 *", "0 0 29 2 *", "* * 24 11 *", "0 0 * * sun", "30 11 24 * *"])
    func theLastTimeIsTheOneWithoutASuccessor(_ cron: String) throws {
        let expression = try CronExpression(cron)
        let last = try #require(expression.last(after: noon - 86_400 * 3_000, notAfter: noon))
        #expect(last <= noon)
        let next = try #require(expression.next(after: last))
        #expect(next > noon)
    }
}
