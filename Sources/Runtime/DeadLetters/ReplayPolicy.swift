package import Jobs

/// Decides whether a dead letter may run again. Pure.
package struct ReplayPolicy: Sendable {
    /// Who fails after this many replays needs a person, not a further run.
    package static let cap = 3

    package let isForced: Bool

    package init(isForced: Bool) { self.isForced = isForced }

    package enum Decision: Equatable, Sendable {
        /// To the job exchange, with the envelope's routing key.
        case publish(JobEnvelope)
        /// It stays, for this reason.
        case refuse(String)
    }

    package func decide(_ entry: DeadLetterEntry) -> Decision {
        if !isForced {
            if entry.id == nil {
                return .refuse("has no message id, so that a doubled copy would not be recognised; --force overrides")
            }
            if entry.envelope.replays >= Self.cap {
                return .refuse("was replayed \(entry.envelope.replays) times already; --force overrides")
            }
        }
        return .publish(entry.envelope.replayed())
    }
}
