import Randomness
import Testing

@testable import Lifecycle

@Suite struct BackoffTests {
    private let backoff = Backoff(base: .milliseconds(100), cap: .seconds(5))

    @Test func ceilingsDoubleUpToTheCap() {
        let ceilings = (1...8).map { backoff.ceiling(attempt: $0) }
        #expect(ceilings == [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000].map { .milliseconds($0) })
    }

    @Test func absurdAttemptsNeitherOverflowNorHang() {
        #expect(backoff.ceiling(attempt: .max) == .seconds(5))
        #expect(backoff.ceiling(attempt: 0) == .milliseconds(100))
        #expect(backoff.ceiling(attempt: -3) == .milliseconds(100))
        #expect(Backoff(base: .zero, cap: .seconds(1)).ceiling(attempt: .max) == .zero)
        #expect(Backoff(base: .seconds(9), cap: .seconds(1)).ceiling(attempt: 1) == .seconds(1))
    }

    @Test func theWaitIsDrawnBetweenZeroAndTheCeiling() {
        var random = SplitMix64(seed: 1)
        let delays = (0..<1_000).map { _ in backoff.delay(attempt: 4, using: &random) }.sorted()
        #expect(delays[0] >= .zero && delays[999] <= .milliseconds(800))
        #expect(delays[100] < .milliseconds(160) && delays[900] > .milliseconds(640))
        #expect(delays[500] > .milliseconds(300) && delays[500] < .milliseconds(500))
    }

    @Test func failpointSettings() {
        #expect(Failpoint.parse("") == [:])
        #expect(Failpoint.parse("outbox.after-publish") == [.outboxAfterPublish: 1])
        #expect(
            Failpoint.parse("outbox.after-publish:7,job.before-ack") == [.outboxAfterPublish: 7, .jobBeforeAck: 1]
        )
        for bad in ["nonsense", "job.before-ack:", "job.before-ack:0", "job.before-ack:1:2", "job.before-ack:x"] {
            #expect(Failpoint.parse(bad) == nil)
        }
    }
}
