/// Notices a broker that takes messages and confirms none: of all, or of those for one address. Pure.
///
/// A channel can lose touch with the leader of a quorum queue. After a broker was killed and started again, one that reached
/// it before the leader was known there never hears of what it published. After another node of a cluster has died, one that
/// lived through it can have all messages for one queue refused for good, while others are taken. Another connection mends
/// both.
struct ConfirmWatch {
    private let patience: Duration
    /// Since when messages wait, and none was confirmed or refused.
    private var silentSince: ContinuousClock.Instant?
    /// Since when all messages for an address were refused.
    private var refusedSince: [String: ContinuousClock.Instant] = [:]
    private var isRefusedForGood = false

    /// - Parameter patience: how long a broker may take for the first of several confirms, and may refuse one address before
    ///   that is no passing trouble, such as an election.
    init(patience: Duration) { self.patience = patience }

    /// A message is about to be written.
    mutating func published(at now: ContinuousClock.Instant) { silentSince = silentSince ?? now }

    /// The broker said something about a message.
    mutating func heard(at now: ContinuousClock.Instant, outstanding: Int) { silentSince = outstanding > 0 ? now : nil }

    /// The broker keeps a message for this address.
    mutating func confirmed(_ address: String) {
        if !refusedSince.isEmpty { refusedSince[address] = nil }
    }

    /// The broker does not take a message for this address.
    mutating func refused(_ address: String, at now: ContinuousClock.Instant) {
        let since = refusedSince[address, default: now]
        refusedSince[address] = since
        if since.duration(to: now) >= patience { isRefusedForGood = true }
    }

    /// The connection is another one, or the broker has said that it takes nothing.
    mutating func reset() { self = ConfirmWatch(patience: patience) }

    func isOver(at now: ContinuousClock.Instant) -> Bool {
        if isRefusedForGood { return true }
        guard let silentSince else { return false }
        return silentSince.duration(to: now) >= patience
    }
}
