import Lifecycle

/// Whether a dependency is taken to be up, decided on what runs and probes say. Pure; ``CircuitBreaker`` carries it out.
///
/// Closed, it opens after a few runs in a row that found the dependency down. Open, it asks for probes, further and further
/// apart. A probe that succeeds puts it on trial: the next run decides.
struct CircuitState: Equatable, Sendable {
    enum Phase: Equatable, Sendable {
        case closed(failures: Int)
        case open(probeAt: ContinuousClock.Instant)
        case probing
        case onTrial
    }

    enum Change: Equatable, Sendable { case opened, closed }

    private(set) var phase = Phase.closed(failures: 0)
    private let threshold: Int
    private let backoff: Backoff
    /// Since it was closed last: failed probes, and trials that failed.
    private var setbacks = 0

    init(threshold: Int, backoff: Backoff) {
        self.threshold = threshold
        self.backoff = backoff
    }

    var isOpen: Bool {
        switch phase {
        case .open, .probing: true
        case .closed, .onTrial: false
        }
    }

    /// A run found the dependency down.
    mutating func runFailed(at now: ContinuousClock.Instant) -> Change? {
        switch phase {
        case .closed(let failures) where failures + 1 < threshold:
            phase = .closed(failures: failures + 1)
            return nil
        case .closed, .onTrial:
            wait(from: now)
            return .opened
        // Runs that were under way when it opened say nothing new.
        case .open, .probing: return nil
        }
    }

    mutating func runSucceeded() -> Change? {
        switch phase {
        case .closed(failures: 0), .open, .probing: return nil
        case .closed:
            phase = .closed(failures: 0)
            return nil
        case .onTrial:
            phase = .closed(failures: 0)
            setbacks = 0
            return nil
        }
    }

    /// Whether a probe is due; if so, tell ``probed(isUp:at:)`` how it went.
    mutating func beginProbe(at now: ContinuousClock.Instant) -> Bool {
        guard case .open(let probeAt) = phase, probeAt <= now else { return false }
        phase = .probing
        return true
    }

    mutating func probed(isUp: Bool, at now: ContinuousClock.Instant) -> Change? {
        guard phase == .probing else { return nil }
        if isUp {
            phase = .onTrial
            return .closed
        }
        wait(from: now)
        return nil
    }

    /// The ceiling of the backoff, or a random half less: the workers of a fleet must not probe all at once.
    private mutating func wait(from now: ContinuousClock.Instant) {
        setbacks += 1
        phase = .open(probeAt: now + backoff.ceiling(attempt: setbacks) * Double.random(in: 0.5...1))
    }
}
