/// Spaces what it is asked about evenly in time. Pure. Time in which nothing was asked is not made up for.
package struct ReplayPacer: Sendable {
    private let interval: Duration
    private var next: ContinuousClock.Instant?

    package init(perSecond: Int) { interval = .seconds(1) / perSecond }

    /// How long to wait from `now` before the next one may go.
    package mutating func delay(at now: ContinuousClock.Instant) -> Duration {
        let start = max(now, next ?? now)
        next = start + interval
        return now.duration(to: start)
    }
}
