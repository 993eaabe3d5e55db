/// Notices a broker that takes messages and says nothing about any of them. Pure.
///
/// After a broker was killed and started again, a channel can reach it before the leader of a quorum queue is known there,
/// and then never hears of what it published. Another connection does.
struct ConfirmWatch {
    private let patience: Duration
    /// Since when messages wait, and none was confirmed or refused.
    private var silentSince: ContinuousClock.Instant?

    /// - Parameter patience: how long a broker that confirms may take for the first of several messages.
    init(patience: Duration) { self.patience = patience }

    /// A message is about to be written.
    mutating func published(at now: ContinuousClock.Instant) { silentSince = silentSince ?? now }

    /// The broker said something about a message.
    mutating func heard(at now: ContinuousClock.Instant, outstanding: Int) { silentSince = outstanding > 0 ? now : nil }

    /// The connection is another one, or the broker has said that it takes nothing.
    mutating func reset() { silentSince = nil }

    func isOver(at now: ContinuousClock.Instant) -> Bool {
        guard let silentSince else { return false }
        return silentSince.duration(to: now) >= patience
    }
}
