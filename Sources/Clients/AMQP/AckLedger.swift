/// Which deliveries of a channel are unsettled, and how few acks say what was settled. Pure.
struct AckLedger {
    struct Ack: Equatable {
        let tag: UInt64
        /// All tags up to this one.
        let multiple: Bool
    }

    private enum State { case unsettled, acked, settled }

    /// States of the tags from `first` on; tags of a channel count up by one.
    private var states: [State] = []
    private var first: UInt64 = 1
    /// Acked tags that have not been told to the broker.
    private var untold: [UInt64] = []

    /// Deliveries that the broker has not heard of since: they fill the window that it was given.
    var outstandingCount: Int { states.count { $0 != .settled } }

    mutating func delivered(_ tag: UInt64) {
        if states.isEmpty { first = tag }
        states.append(.unsettled)
    }

    /// False for a tag that is unknown or settled already.
    mutating func ack(_ tag: UInt64) -> Bool {
        guard let index = unsettledIndex(tag) else { return false }
        states[index] = .acked
        untold.append(tag)
        return true
    }

    /// False for a tag that is unknown or settled already. The broker is told by the caller.
    mutating func reject(_ tag: UInt64) -> Bool {
        guard let index = unsettledIndex(tag) else { return false }
        states[index] = .settled
        return true
    }

    /// The acks to send: one `multiple` ack up to the highest tag below which everything is settled, and one each for
    /// those above it.
    mutating func takeAcks() -> [Ack] {
        if untold.isEmpty { return [] }
        let prefix = states.prefix { $0 != .unsettled }
        let bound = first + UInt64(prefix.count)
        let covered = untold.filter { $0 < bound }
        var acks: [Ack] = []
        if let last = covered.max() { acks.append(Ack(tag: last, multiple: covered.count > 1)) }
        for tag in untold.filter({ $0 >= bound }).sorted() {
            acks.append(Ack(tag: tag, multiple: false))
            states[Int(tag - first)] = .settled
        }
        untold.removeAll(keepingCapacity: true)
        states.removeFirst(prefix.count)
        first = bound
        return acks
    }

    private func unsettledIndex(_ tag: UInt64) -> Int? {
        guard tag >= first, tag - first < UInt64(states.count) else { return nil }
        let index = Int(tag - first)
        return states[index] == .unsettled ? index : nil
    }
}
