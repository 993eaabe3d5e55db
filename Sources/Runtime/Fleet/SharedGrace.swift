import Threading

/// The time that all processes together have for stopping, counted from the first one's order.
final class SharedGrace: Sendable {
    /// What even the last one gets when those before it used up everything.
    static let minimum: Duration = .seconds(1)

    private let period: Duration
    private let deadline = Lock<ContinuousClock.Instant?>(nil)

    init(period: Duration) { self.period = period }

    func remaining() -> Duration {
        let now = ContinuousClock.now
        let deadline = deadline.withLock {
            let deadline = $0 ?? now + period
            $0 = deadline
            return deadline
        }
        return max(now.duration(to: deadline), Self.minimum)
    }
}
