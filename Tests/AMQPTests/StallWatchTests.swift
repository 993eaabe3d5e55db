import Testing

@testable import AMQP

@Suite struct StallWatchTests {
    /// A watch of ten seconds, on a clock that starts at nought with a subscription that has just fallen silent.
    private final class Watch {
        private let start = ContinuousClock.now
        private var watch = StallWatch(interval: .seconds(10))

        init() { #expect(!isDue(at: 0)) }

        func delivered() { watch.delivered() }

        func isDue(at seconds: Int, canReceive: Bool = true) -> Bool {
            watch.isDue(at: start + .seconds(seconds), canReceive: canReceive)
        }

        func looked(at seconds: Int, ready: Int, consumers: Int) -> StallWatch.Finding {
            watch.looked(at: start + .seconds(seconds), ready: ready, consumers: consumers)
        }
    }

    @Test func onlySilenceIsLookedInto() {
        let watch = Watch()
        #expect(!watch.isDue(at: 9))
        #expect(watch.isDue(at: 10))
        watch.delivered()
        #expect(!watch.isDue(at: 11))
        #expect(!watch.isDue(at: 20))
        #expect(watch.isDue(at: 21))
    }

    @Test func whoeverCannotReceiveIsNotWatched() {
        let watch = Watch()
        #expect(!watch.isDue(at: 30, canReceive: false))
        #expect(!watch.isDue(at: 39))
        #expect(watch.isDue(at: 40))
    }

    @Test func anEmptyQueueWithAConsumerIsFine() {
        let watch = Watch()
        for look in 1...3 { #expect(watch.looked(at: 10 * look, ready: 0, consumers: 1) == .fine) }
    }

    @Test func aQueueWithoutConsumersIsAStall() {
        let watch = Watch()
        #expect(watch.looked(at: 10, ready: 0, consumers: 0) == .stalled)
        #expect(!watch.isDue(at: 19))
        #expect(watch.isDue(at: 20))
        #expect(watch.looked(at: 20, ready: 0, consumers: 0) == .hopeless)
    }

    @Test func messagesThatWaitTwiceInARowAreAStall() {
        let watch = Watch()
        #expect(watch.looked(at: 10, ready: 5, consumers: 2) == .fine)
        #expect(watch.looked(at: 20, ready: 0, consumers: 2) == .fine)
        #expect(watch.looked(at: 30, ready: 5, consumers: 2) == .fine)
        #expect(watch.looked(at: 40, ready: 1, consumers: 2) == .stalled)
        // Subscribed anew, it gets as much time as before.
        #expect(watch.looked(at: 50, ready: 1, consumers: 2) == .fine)
        #expect(watch.looked(at: 60, ready: 1, consumers: 2) == .hopeless)
    }

    @Test func aDeliveryClearsWhatWasSeen() {
        let watch = Watch()
        #expect(watch.looked(at: 10, ready: 5, consumers: 1) == .fine)
        watch.delivered()
        #expect(!watch.isDue(at: 11))
        #expect(watch.looked(at: 21, ready: 5, consumers: 1) == .fine)
        #expect(watch.looked(at: 31, ready: 5, consumers: 1) == .stalled)
        watch.delivered()
        #expect(!watch.isDue(at: 32))
        #expect(watch.looked(at: 42, ready: 0, consumers: 0) == .stalled)
    }
}
