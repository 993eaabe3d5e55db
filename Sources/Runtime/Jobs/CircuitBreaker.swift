import Lifecycle
public import Observability
import Threading

/// Knows whether one dependency of handlers is up.
///
/// Handlers say that it is down by throwing ``DependencyUnavailable``. After a few such runs in a row the workers that have
/// this breaker stop consuming and give back what they hold but have not started; a probe, asked for less and less often
/// up to every 30 seconds, finds out when to go on. No job spends an attempt on it.
public final class CircuitBreaker: Sendable {
    /// What handlers call it in ``DependencyUnavailable``; also the label of its metrics.
    public let dependency: String
    private let probe: @Sendable () async throws -> Void
    private let state: Lock<CircuitState>
    private let gauge: Gauge
    private let probes: Counter
    private let logger: Logger

    /// - Parameters:
    ///   - threshold: runs in a row that must have found it down.
    ///   - probeAfter: the wait for the first probe; it doubles to `longestWait`.
    ///   - probe: returns when the dependency works, throws while it does not. It must end by itself, within seconds.
    public init(
        dependency: String,
        threshold: Int = 3,
        probeAfter: Duration = .seconds(1),
        longestWait: Duration = .seconds(30),
        logger: Logger = Logger(label: "jobs.circuit"),
        metrics: MetricsRegistry = .shared,
        probe: @escaping @Sendable () async throws -> Void
    ) {
        self.dependency = dependency
        self.probe = probe
        self.logger = logger.with([.dependency: .string(dependency)])
        state = Lock(CircuitState(threshold: threshold, backoff: Backoff(base: probeAfter, cap: longestWait)))
        gauge = metrics.gauge(
            "circuit_open",
            help: "1 while workers wait for a dependency that is down.",
            labels: ["dependency": dependency]
        )
        gauge.set(0)
        probes = metrics.counter(
            "circuit_probes_total",
            help: "Times that a dependency that is down was asked whether it is back.",
            labels: ["dependency": dependency]
        )
    }

    /// Whether the dependency is taken to be down.
    public var isOpen: Bool { state.withLock { $0.isOpen } }

    func runFailed(_ reason: String) {
        guard state.withLock({ $0.runFailed(at: .now) }) == .opened else { return }
        gauge.set(1)
        logger.error("Dependency is down; its workers stop consuming", [.reason: .string(reason)])
    }

    func runSucceeded() { _ = state.withLock { $0.runSucceeded() } }

    /// Whether the caller is the one to call ``runProbe()`` now.
    func beginProbe() -> Bool { state.withLock { $0.beginProbe(at: .now) } }

    func runProbe() async {
        probes.increment()
        do {
            try await probe()
        } catch {
            logger.info("Dependency is still down", [.error: .describing(error)])
            _ = state.withLock { $0.probed(isUp: false, at: .now) }
            return
        }
        guard state.withLock({ $0.probed(isUp: true, at: .now) }) == .closed else { return }
        gauge.set(0)
        logger.notice("Dependency is back; its workers consume again")
    }
}

extension LogKey {
    static let dependency: LogKey = "dependency"
}

/// Thrown by a handler that could not do its job because something that it needs is down: the job waits on the shortest
/// rung and spends no attempt, and the worker's ``CircuitBreaker`` for it is told.
///
/// Not for a failure that the job itself may be the cause of: such a job would never be given up.
public struct DependencyUnavailable: JobFailure, Equatable, CustomStringConvertible {
    /// Which dependency: the name of the breaker for it.
    public let dependency: String
    /// What the attempt to use it met, for logs.
    public let reason: String

    /// - Parameters:
    ///   - dependency: the name of the breaker for it; without such a breaker the job just waits.
    ///   - reason: for logs: it leaks nothing.
    public init(_ dependency: String, reason: String) {
        self.dependency = dependency
        self.reason = reason
    }

    public var outcome: Outcome { .snooze(for: .zero) }
    public var description: String { "\(dependency) is down: \(reason)" }
}
