/// Spreads the starts of a rate-limited worker over the leases that it gets. Pure; `WorkerControl` carries it out.
struct Pacer: Sendable {
    enum Step: Equatable, Sendable {
        /// So many jobs may start now.
        case start(Int)
        case wait(until: ContinuousClock.Instant)
        /// Ask for so many starts, and tell ``leased(_:jobs:at:)``.
        case lease(Int)
    }

    /// Starts that were not used for so long lapse: kept, they would come on top of those of a later second.
    static let lapse = Duration.seconds(2)
    /// What one lease covers: short, since a worker that dies takes its starts with it, and others wait for a turn.
    private static let slice = 4

    let perSecond: Int
    private var left = 0
    /// When the first of those left may be.
    private var next = ContinuousClock.now

    init(perSecond: Int) { self.perSecond = perSecond }

    private var interval: Duration { Duration.seconds(1) / perSecond }

    /// - Parameter wanted: jobs that could start at once if there were no limit; more than none.
    mutating func step(wanted: Int, now: ContinuousClock.Instant) -> Step {
        drop(Self.count(from: next, to: now - Self.lapse, every: interval))
        guard left > 0 else { return .lease(max(1, perSecond / Self.slice)) }
        let due = min(left, Self.count(from: next, to: now, every: interval))
        guard due > 0 else { return .wait(until: next) }
        let starts = min(due, wanted)
        drop(starts)
        return .start(starts)
    }

    mutating func leased(_ lease: RateLease, jobs: Int, at now: ContinuousClock.Instant) {
        left = jobs
        next = now + lease.delay
    }

    private mutating func drop(_ count: Int) {
        let dropped = min(count, left)
        left -= dropped
        next += interval * dropped
    }

    /// How many instants from `first` on, `interval` apart, have come.
    private static func count(
        from first: ContinuousClock.Instant,
        to now: ContinuousClock.Instant,
        every interval: Duration
    ) -> Int {
        first > now ? 0 : Int(first.duration(to: now) / interval) + 1
    }
}
