/// What operators have said about queues, as far as workers must know it, and the allowance that all workers of a
/// rate-limited queue share.
///
/// ``InMemoryQueueControl`` holds it for one process; a fleet needs one that all of its processes see.
public protocol QueueControl: Sendable {
    /// The last known state; never waits. `nil` while nothing is known: a worker then starts nothing, since the queue may
    /// be paused.
    func state(of queue: String) -> QueueState?

    /// Takes a share of a queue's rate.
    ///
    /// - Parameters:
    ///   - jobs: how many starts are asked for.
    ///   - perSecond: the rate that all workers together keep to.
    /// - Returns: when the first of them may be; `nil` when others have taken the next second's already: ask again later.
    /// - Throws: when nobody can be asked; the jobs wait.
    func lease(_ queue: String, jobs: Int, perSecond: Int) async throws -> RateLease?
}

/// What operators have said about one queue.
public struct QueueState: Equatable, Sendable {
    /// Workers start nothing while it holds; jobs that run go on.
    public var isPaused: Bool
    /// How fast jobs may be started.
    public var rate: Rate

    /// How fast the jobs of a queue may be started.
    public enum Rate: Equatable, Sendable {
        /// As the queue's file says.
        case standard
        /// As fast as the workers can, whatever the file says.
        case unlimited
        /// So many starts in a second, over all workers, whatever the file says.
        case perSecond(Int)
    }

    /// What holds for a queue that nobody has said anything about.
    public init(isPaused: Bool = false, rate: Rate = .standard) {
        self.isPaused = isPaused
        self.rate = rate
    }
}

/// Some starts of a rate-limited queue, one after the other at the queue's rate.
public struct RateLease: Equatable, Sendable {
    /// How long the first start has to wait; negative when it could have been before now.
    public let delay: Duration

    /// - Parameter delay: from now to the first start.
    public init(delay: Duration) { self.delay = delay }
}

/// The allowance of a rate-limited queue: a point in time up to which starts have been given away. Source: the generic
/// cell rate algorithm of ITU-T I.371, annex A.
public struct RateHorizon: Sendable {
    /// A horizon that fell behind the clock is taken to be no further behind than this: so much unused allowance may be
    /// made up for.
    public static let burst = Duration.milliseconds(250)
    /// No start is given away further ahead than this, so that a change of the rate soon reaches everybody.
    public static let lead = Duration.seconds(1)

    private var horizon: Duration?

    /// A horizon of which nothing has been given away.
    public init() {}

    /// - Parameter now: on any clock, always the same.
    public mutating func lease(jobs: Int, perSecond: Int, now: Duration) -> RateLease? {
        let start = max(horizon ?? now - Self.burst, now - Self.burst)
        guard start < now + Self.lead else { return nil }
        horizon = start + Duration.seconds(jobs) / perSecond
        return RateLease(delay: start - now)
    }
}
