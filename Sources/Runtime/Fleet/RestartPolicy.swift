package import Lifecycle

/// Whether and when a process that ended by itself is started again.
package struct RestartPolicy: Sendable {
    /// Its ceilings are the waits: processes of one machine need no jitter, and an even wait is easier to read.
    package var backoff: Backoff
    /// A process that ran this long is considered to have been well: its failures are forgotten.
    package var wellAfter: Duration

    package init(
        backoff: Backoff = Backoff(base: .milliseconds(500), cap: .seconds(30)),
        wellAfter: Duration = .seconds(10)
    ) {
        self.backoff = backoff
        self.wellAfter = wellAfter
    }
}

/// One process's history under a ``RestartPolicy``.
struct RestartState {
    enum Decision: Equatable {
        case restart(after: Duration)
        /// Starting it again would end the same way.
        case giveUp
    }

    let policy: RestartPolicy
    private var failures = 0

    init(policy: RestartPolicy) { self.policy = policy }

    mutating func decide(after exit: ProcessExit, ranFor: Duration) -> Decision {
        switch exit {
        // A wrong configuration (EX_CONFIG of sysexits.h), no permission, no such command: the environment and the
        // command stay as they are for as long as the fleet runs.
        case .status(78), .status(126), .status(127): return .giveUp
        case .status, .signal: break
        }
        if ranFor >= policy.wellAfter { failures = 0 }
        failures += 1
        return .restart(after: policy.backoff.ceiling(attempt: failures))
    }
}
