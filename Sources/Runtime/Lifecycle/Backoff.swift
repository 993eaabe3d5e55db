/// How long to wait before trying again: exponential with full jitter.
///
/// The wait is drawn evenly from zero to a ceiling that doubles with each attempt, which spreads a crowd of clients best
/// (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
public struct Backoff: Sendable, Hashable {
    /// The ceiling of the first wait.
    public let base: Duration
    /// No ceiling is higher.
    public let cap: Duration

    /// - Parameters:
    ///   - base: the upper bound of the first delay.
    ///   - cap: the upper bound of every delay.
    public init(base: Duration, cap: Duration) {
        self.base = base
        self.cap = cap
    }

    /// The longest wait before try number `attempt + 1`.
    ///
    /// - Parameter attempt: how many tries have failed, from 1.
    public func ceiling(attempt: Int) -> Duration {
        var ceiling = base
        var failures = 1
        while failures < attempt && ceiling < cap && ceiling > .zero {
            ceiling *= 2
            failures += 1
        }
        return min(ceiling, cap)
    }

    /// The wait before try number `attempt + 1`.
    public func delay(attempt: Int, using random: inout some RandomNumberGenerator) -> Duration {
        ceiling(attempt: attempt) * Double.random(in: 0...1, using: &random)
    }

    /// The wait before try number `attempt + 1`, drawn from the system's random numbers.
    public func delay(attempt: Int) -> Duration {
        var random = SystemRandomNumberGenerator()
        return delay(attempt: attempt, using: &random)
    }
}
