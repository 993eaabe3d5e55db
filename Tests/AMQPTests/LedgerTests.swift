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
        let result1 = ledger.ack(2, multiple: false)
        #expect(good(result1) == [2])
        let result2 = ledger.ack(4, multiple: true)
        #expect(good(result2) == [1, 3, 4])
        let result3 = ledger.ack(4, multiple: true)
        #expect(result3.isEmpty)
        let result4 = ledger.ack(9, multiple: false)
        #expect(result4.isEmpty)
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
        let result5 = ledger.ack(3, multiple: false)
        #expect(good(result5) == [3])
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
        let result6 = ledger.expire(now: .now)
        #expect(result6.map(\.waiter) == [1])
        let result7 = ledger.expire(now: .now)
        #expect(result7.isEmpty)
        let result8 = ledger.ack(1, multiple: false)
        #expect(result8.isEmpty)
        let result9 = ledger.ack(2, multiple: true)
        #expect(good(result9) == [2])
    }

    @Test func aLostConnectionFailsAllAndCountsAnew() {
        var ledger = published(3)
        let result10 = ledger.fail(AMQPError(.connectionLost, "gone"))
        #expect(result10.map(\.waiter) == [1, 2, 3])
        ledger.publish(7, messageID: "x", deadline: later)
        let result11 = ledger.ack(1, multiple: false)
        #expect(good(result11) == [7])
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
        for tag: UInt64 in [3, 1, 2, 5] { _ = ledger.ack(tag) }
        let result12 = ledger.takeAcks()
        #expect(result12 == [.init(tag: 3, multiple: true), .init(tag: 5, multiple: false)])
        let result13 = ledger.takeAcks()
        #expect(result13.isEmpty)
        let result14 = ledger.ack(4)
        let result15 = ledger.ack(6)
        #expect(result14 && result15)
        let result16 = ledger.takeAcks()
        #expect(result16 == [.init(tag: 6, multiple: true)])
    }

    @Test func multipleNeverCoversWhatIsUnsettled() {
        var ledger = delivered(1...3)
        let result17 = ledger.ack(2)
        let result18 = ledger.ack(3)
        #expect(result17 && result18)
        let result19 = ledger.takeAcks()
        #expect(result19 == [.init(tag: 2, multiple: false), .init(tag: 3, multiple: false)])
        let result20 = ledger.ack(1)
        #expect(result20)
        let result21 = ledger.takeAcks()
        #expect(result21 == [.init(tag: 1, multiple: false)])
    }

    @Test func settlingTwiceOrTheUnknownIsNoticed() {
        var ledger = delivered(1...2)
        let result22 = ledger.ack(1)
        #expect(result22)
        let result23 = ledger.ack(1)
        let result24 = ledger.reject(1)
        let result25 = ledger.ack(9)
        #expect(!result23 && !result24 && !result25)
        let result26 = ledger.reject(2)
        #expect(result26)
        let result27 = ledger.takeAcks()
        #expect(result27 == [.init(tag: 1, multiple: false)])
        ledger.delivered(3)
        let result28 = ledger.ack(3)
        #expect(result28)
        let result29 = ledger.takeAcks()
        #expect(result29 == [.init(tag: 3, multiple: false)])
    }
}
