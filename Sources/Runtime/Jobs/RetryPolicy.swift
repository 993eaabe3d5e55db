public import Topology

/// Decides when a failed job runs again. Pure, so that every decision can be tested without a broker.
public struct RetryPolicy: Sendable {
    private let rungs: [Int]
    private let attempts: Int
    private let never: [String]

    /// - Parameter retry: a queue's ladder and its number of attempts.
    public init(_ retry: QueueDefinition.Retry) {
        rungs = retry.rungsSeconds
        attempts = retry.attempts
        never = retry.never
    }

    /// Whether another run can cure a failure by an error of this type.
    public func isRetriable(errorType: String?) -> Bool { errorType.map { !never.contains($0) } ?? true }

    /// The rung for a job whose run number `attempt` failed, in seconds; `nil` when that was its last.
    ///
    /// Rungs have a fixed wait, so jobs that failed together would return together. Half of them, by the toss of a coin,
    /// take the next rung (on the last one, the rung before), which spreads them a little more with each attempt.
    public func rung(
        afterAttempt attempt: Int,
        atLeast: Duration?,
        coin: Bool
    ) -> Int? {
        guard attempt < attempts else { return nil }
        if let atLeast { return rung(atLeast: atLeast) }
        let index = min(attempt, rungs.count) - 1
        let neighbour = index + 1 < rungs.count ? index + 1 : max(0, index - 1)
        return rungs[coin ? index : neighbour]
    }

    /// Whether no rung waits that long.
    func isBeyondTheRungs(_ duration: Duration) -> Bool { duration > .seconds(rungs[rungs.count - 1]) }

    /// The shortest rung that waits `duration`, or the longest that there is.
    public func rung(atLeast duration: Duration) -> Int {
        rungs.first { .seconds($0) >= duration } ?? rungs[rungs.count - 1]
    }
}
