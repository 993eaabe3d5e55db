/// A bucket of tokens for each key: full at first, refilled evenly, one token for each request. Pure.
///
/// A bucket is one number, the time at which it will be full again (the generic cell rate algorithm, ITU-T I.371 annex A).
/// A bucket whose time has passed is full, and is forgotten.
struct TokenBuckets<Key: Hashable & Sendable> {
    struct Verdict: Equatable {
        let isAllowed: Bool
        /// Tokens left.
        let remaining: Int
        /// Until the next token, when there is none; otherwise until the bucket is full.
        let wait: Duration
    }

    /// Tokens in a full bucket.
    let capacity: Int
    private let interval: Duration
    private let maximumKeys: Int
    private var fullAt: [Key: ContinuousClock.Instant] = [:]
    private var nextSweep = 1_024

    /// - Parameters:
    ///   - capacity: tokens in a full bucket, at least one.
    ///   - period: how long an empty bucket takes to fill.
    ///   - maximumKeys: buckets kept at most. One more than that, all of them in use, and all are forgotten: memory stays
    ///     bounded whatever clients there are.
    init(capacity: Int, per period: Duration, maximumKeys: Int) {
        self.capacity = capacity
        interval = period / capacity
        self.maximumKeys = maximumKeys
    }

    var count: Int { fullAt.count }

    mutating func take(_ key: Key, at now: ContinuousClock.Instant) -> Verdict {
        let full = max(fullAt[key] ?? now, now)
        let missing = full - now
        let spent = missing + interval
        if spent > interval * capacity {
            return Verdict(isAllowed: false, remaining: 0, wait: spent - interval * capacity)
        }
        fullAt[key] = full + interval
        if fullAt.count > nextSweep { sweep(at: now) }
        return Verdict(isAllowed: true, remaining: Int((interval * capacity - spent) / interval), wait: spent)
    }

    /// Each time the buckets have doubled, so that a key's share of the work is constant.
    private mutating func sweep(at now: ContinuousClock.Instant) {
        fullAt = fullAt.filter { $0.value > now }
        if fullAt.count > maximumKeys { fullAt = [:] }
        nextSweep = max(1_024, min(2 * fullAt.count, maximumKeys))
    }
}
