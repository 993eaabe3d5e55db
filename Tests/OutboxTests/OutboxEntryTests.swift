import Foundation
import Jobs
import Testing

@testable import Outbox

@Suite struct OutboxEntryTests {
    private struct Ping: Job {
        static let name = "test.ping"
    }

    @Test func aDelayedJobIsDueWhenItIsAvailable() throws {
        let due = Date(timeIntervalSinceNow: 3_600)
        let entry = try OutboxEntry(Ping(), availableAt: due)
        #expect(entry.availableAt == due)
        #expect(entry.envelope.enqueuedAt == due)
        _ = try OutboxEntry(Ping(), availableAt: Date(timeIntervalSinceNow: 30 * 86_400 - 5))
    }

    @Test(arguments: [30 * 86_400 + 5, 1e12, .infinity, .nan])
    func beyondThirtyDaysIsRefused(_ seconds: TimeInterval) throws {
        let error = #expect(throws: OutboxEntryError.self) {
            try OutboxEntry(Ping(), availableAt: Date(timeIntervalSinceNow: seconds))
        }
        #expect(error?.description.hasPrefix("test.ping: a job may be put off by at most 30 days") == true)
    }

    @Test(arguments: [
        JobKey("x", within: .zero), JobKey("x", within: .seconds(31 * 86_400)),
        JobKey(String(repeating: "é", count: 501), within: .seconds(1)),
    ])
    func aKeyOfNoUseIsRefused(_ key: JobKey) {
        #expect(throws: OutboxEntryError.badKey(job: "test.ping", key)) { try OutboxEntry(Ping(), unique: key) }
    }
}
