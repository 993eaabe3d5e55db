import Testing

@testable import HTTPServer

@Suite struct TokenBucketTests {
    private let start = ContinuousClock.now

    @Test func aMinutesRequestsMayComeAtOnceAndThenOneByOne() {
        var buckets = TokenBuckets<Int>(capacity: 3, per: .seconds(60), maximumKeys: 10)
        #expect(buckets.take(1, at: start).remaining == 2)
        #expect(buckets.take(1, at: start).remaining == 1)
        #expect(buckets.take(1, at: start).remaining == 0)
        let refused = buckets.take(1, at: start)
        #expect(!refused.isAllowed)
        #expect(refused.wait == .seconds(20))
        // A refusal spends nothing.
        #expect(buckets.take(1, at: start + .seconds(19)).isAllowed == false)
        #expect(buckets.take(1, at: start + .seconds(20)).isAllowed)
        #expect(buckets.take(1, at: start + .seconds(20)).isAllowed == false)
    }

    @Test func oneClientTakesNothingFromAnother() {
        var buckets = TokenBuckets<Int>(capacity: 1, per: .seconds(60), maximumKeys: 10)
        #expect(buckets.take(1, at: start).isAllowed)
        #expect(buckets.take(2, at: start).isAllowed)
        #expect(!buckets.take(1, at: start).isAllowed)
    }

    @Test func aBucketThatIsLeftAloneFillsUpAndNoFurther() {
        var buckets = TokenBuckets<Int>(capacity: 2, per: .seconds(60), maximumKeys: 10)
        _ = buckets.take(1, at: start)
        let later = start + .seconds(3_600)
        #expect(buckets.take(1, at: later).remaining == 1)
        #expect(buckets.take(1, at: later).isAllowed)
        #expect(!buckets.take(1, at: later).isAllowed)
    }

    @Test func whoHasAFullBucketIsForgotten() {
        var buckets = TokenBuckets<Int>(capacity: 60, per: .seconds(60), maximumKeys: 100_000)
        for client in 0..<1_000 { _ = buckets.take(client, at: start) }
        for client in 1_000..<2_000 { _ = buckets.take(client, at: start + .seconds(10)) }
        #expect(buckets.count < 1_100)
    }

    @Test func memoryStaysBoundedWhateverClientsThereAre() {
        var buckets = TokenBuckets<Int>(capacity: 60, per: .seconds(60), maximumKeys: 2_000)
        for client in 0..<20_000 { _ = buckets.take(client, at: start) }
        #expect(buckets.count <= 2_001)
    }
}
