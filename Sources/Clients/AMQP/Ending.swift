/// A subscription on its way out.
struct Ending {
    private let start = ContinuousClock.now
    var quietSince = ContinuousClock.now
    /// Those who wait for its end.
    var answers: [CheckedContinuation<Void, Never>] = []

    /// Nothing has come for a while, or it has gone on for long enough.
    func isOver(at now: ContinuousClock.Instant) -> Bool {
        quietSince.duration(to: now) >= .milliseconds(50) || start.duration(to: now) >= .seconds(1)
    }
}
