import Testing

@testable import AMQP

@Suite struct ConfirmWatchTests {
    private let start = ContinuousClock.now
    private var watch = ConfirmWatch(patience: .seconds(10))

    private func isOver(at seconds: Int) -> Bool { watch.isOver(at: start + .seconds(seconds)) }

    @Test mutating func silenceIsOnlyCountedWhileSomethingWaits() {
        #expect(!isOver(at: 1_000))
        watch.published(at: start)
        #expect(!isOver(at: 9))
        #expect(isOver(at: 10))
        watch.heard(at: start + .seconds(9), outstanding: 0)
        #expect(!isOver(at: 1_000))
    }

    /// However many messages come after it: the first one counts.
    @Test mutating func laterMessagesDoNotProlongIt() {
        for seconds in 0..<10 { watch.published(at: start + .seconds(seconds)) }
        #expect(isOver(at: 10))
    }

    @Test mutating func anyConfirmBeginsItAnew() {
        watch.published(at: start)
        watch.heard(at: start + .seconds(9), outstanding: 5)
        #expect(!isOver(at: 18))
        #expect(isOver(at: 19))
    }

    /// What others are told does not help the one whose messages are all refused.
    @Test mutating func whoIsRefusedAgainAndAgainIsNotMendedByOthers() {
        watch.refused("a", at: start)
        watch.confirmed("b")
        #expect(!isOver(at: 1_000))
        watch.refused("a", at: start + .seconds(9))
        #expect(!isOver(at: 9))
        watch.refused("a", at: start + .seconds(10))
        #expect(isOver(at: 10))
        watch.reset()
        #expect(!isOver(at: 10))
    }

    @Test mutating func oneConfirmEndsARefusal() {
        watch.refused("a", at: start)
        watch.confirmed("a")
        watch.refused("a", at: start + .seconds(15))
        #expect(!isOver(at: 15))
    }

    @Test mutating func aBlockedBrokerIsNotSilent() {
        watch.published(at: start)
        watch.reset()
        #expect(!isOver(at: 1_000))
    }
}
