/// Who may hash now and who waits: a bounded number of slots and a bounded first-in-first-out line for them.
///
/// A pure state machine, so that every order of events can be tested; `PasswordHasher` performs what it decides.
struct HashingSlots<Waiter> {
    enum Admission: Equatable {
        case granted(slot: Int)
        case waits
        case refused
    }

    private var idle: [Int]
    private var waiting: [(id: UInt64, waiter: Waiter)] = []
    private let maximumWaiting: Int

    init(slots: Int, maximumWaiting: Int) {
        idle = Array(0..<slots)
        self.maximumWaiting = maximumWaiting
    }

    /// Takes an idle slot, or a place in the line for `waiter`.
    mutating func admit(id: UInt64, waiter: Waiter) -> Admission {
        if let slot = idle.popLast() { return .granted(slot: slot) }
        if waiting.count >= maximumWaiting { return .refused }
        waiting.append((id, waiter))
        return .waits
    }

    /// Gives the slot to whoever waited longest; the caller resumes that one.
    mutating func release(slot: Int) -> Waiter? {
        if waiting.isEmpty {
            idle.append(slot)
            return nil
        }
        return waiting.removeFirst().waiter
    }

    /// Leaves the line. Nil when `id` is not in it (any more).
    mutating func withdraw(id: UInt64) -> Waiter? {
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { return nil }
        return waiting.remove(at: index).waiter
    }
}
