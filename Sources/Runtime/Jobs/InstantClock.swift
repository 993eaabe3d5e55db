/// A clock on which every wait is over at once, for tests of what happens after it: retries, for instance.
public struct InstantClock: Clock {
    /// A clock of which every copy is the same.
    public init() {}

    /// The real time: no wait moves it.
    public var now: ContinuousClock.Instant { .now }
    /// That of the system's continuous clock.
    public var minimumResolution: Duration { ContinuousClock().minimumResolution }

    /// Returns at once.
    public func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration? = nil) async throws {
        try Task.checkCancellation()
    }
}
