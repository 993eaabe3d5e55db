/// A subscription on its way out.
struct Ending {
    private let start = ContinuousClock.now
    var quietSince = ContinuousClock.now
    /// Those who wait for its end.
    var answers: [CheckedContinuation<Void, Never>] = []

    /// Nothing has come for a while, or it has gone on for long enough.
    ///
    /// A broker needs some milliseconds to carry out a cancellation, in which it may still make a delivery that then comes
    /// back as a failed one: where nothing came for 250 ms, that is unlikely.
    func isOver(at now: ContinuousClock.Instant) -> Bool {
        quietSince.duration(to: now) >= .milliseconds(250) || start.duration(to: now) >= .seconds(2)
    }
}
