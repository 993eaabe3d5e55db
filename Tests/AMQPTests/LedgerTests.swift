import Testing

@testable import AMQP

@Suite struct ConfirmLedgerTests {
    private let later = ContinuousClock.now + .seconds(60)

    private func published(_ count: Int) -> ConfirmLedger<Int> {
        var ledger = ConfirmLedger<Int>()
        for n in 1...count { ledger.publish(n, messageID: "m\(n)", deadline: later) }
        return ledger
    }

    private func good(_ settled: [ConfirmLedger<Int>.Settled]) -> [Int] {
        settled.filter { if case .success = $0.result { true } else { false } }.map(\.waiter)
    }

    @Test func acksSettleOneOrAllUpTo() {
        var ledger = published(5)
        #expect(good(ledger.ack(2, multiple: false)) == [2])
        #expect(good(ledger.ack(4, multiple: true)) == [1, 3, 4])
        #expect(ledger.ack(4, multiple: true).isEmpty)
        #expect(ledger.ack(9, multiple: false).isEmpty)
        #expect(ledger.count == 1)
    }

    @Test func aReturnedMessageFailsWhenItIsAcked() {
        var ledger = published(2)
        ledger.publish(3, messageID: "m1", deadline: later)
        let unroutable = AMQPError(.unroutable(replyCode: 312, replyText: "NO_ROUTE"), "no route")
        ledger.returned(messageID: "m1", error: unroutable)
        let settled = ledger.ack(2, multiple: true)
        #expect(good(settled) == [2])
        #expect(settled.first { $0.waiter == 1 }.map { if case .failure = $0.result { true } else { false } } == true)
        #expect(good(ledger.ack(3, multiple: false)) == [3])
    }

    @Test func aNackFails() {
        var ledger = published(1)
        let settled = ledger.nack(1, multiple: false)
        guard case .failure(let error) = settled.first?.result else {
            Issue.record("was not refused")
            return
        }
        #expect(error.code == .nacked && error.isRetriable)
    }

    @Test func whatWaitsTooLongIsGivenUp() {
        var ledger = ConfirmLedger<Int>()
        ledger.publish(1, messageID: "a", deadline: .now - .seconds(1))
        ledger.publish(2, messageID: "b", deadline: later)
        #expect(ledger.expire(now: .now).map(\.waiter) == [1])
        #expect(ledger.expire(now: .now).isEmpty)
        #expect(ledger.ack(1, multiple: false).isEmpty)
        #expect(good(ledger.ack(2, multiple: true)) == [2])
    }

    @Test func aLostConnectionFailsAllAndCountsAnew() {
        var ledger = published(3)
        #expect(ledger.fail(AMQPError(.connectionLost, "gone")).map(\.waiter) == [1, 2, 3])
        ledger.publish(7, messageID: "x", deadline: later)
        #expect(good(ledger.ack(1, multiple: false)) == [7])
    }
}

@Suite struct AckLedgerTests {
    private func delivered(_ tags: ClosedRange<UInt64>) -> AckLedger {
        var ledger = AckLedger()
        for tag in tags { ledger.delivered(tag) }
        return ledger
    }

    @Test func contiguousAcksBecomeOne() {
        var ledger = delivered(1...6)
        for tag: UInt64 in [3, 1, 2, 5] { #expect(ledger.ack(tag)) }
        #expect(ledger.takeAcks() == [.init(tag: 3, multiple: true), .init(tag: 5, multiple: false)])
        #expect(ledger.takeAcks().isEmpty)
        #expect(ledger.ack(4) && ledger.ack(6))
        #expect(ledger.takeAcks() == [.init(tag: 6, multiple: true)])
    }

    @Test func multipleNeverCoversWhatIsUnsettled() {
        var ledger = delivered(1...3)
        #expect(ledger.ack(2) && ledger.ack(3))
        #expect(ledger.takeAcks() == [.init(tag: 2, multiple: false), .init(tag: 3, multiple: false)])
        #expect(ledger.ack(1))
        #expect(ledger.takeAcks() == [.init(tag: 1, multiple: false)])
    }

    @Test func settlingTwiceOrTheUnknownIsNoticed() {
        var ledger = delivered(1...2)
        #expect(ledger.ack(1))
        #expect(!ledger.ack(1) && !ledger.reject(1) && !ledger.ack(9))
        #expect(ledger.reject(2))
        #expect(ledger.takeAcks() == [.init(tag: 1, multiple: false)])
        ledger.delivered(3)
        #expect(ledger.ack(3))
        #expect(ledger.takeAcks() == [.init(tag: 3, multiple: false)])
    }
}
