import Threading

/// Tells one process to finish what it does and to end, while the fleet goes on.
final class DrainOrder: Sendable {
    private struct State {
        var child: ChildProcess?
        var grace: Duration?
    }

    private let state = Lock(State())

    var isGiven: Bool { state.withLock { $0.grace != nil } }

    /// - Parameter grace: what the process gets before it is killed.
    func give(grace: Duration) {
        let child = state.withLock { state -> ChildProcess? in
            guard state.grace == nil else { return nil }
            state.grace = grace
            return state.child
        }
        child?.stop(grace: grace)
    }

    /// Notes which process it is about, and passes on an order that came before there was one.
    func attach(_ child: ChildProcess) {
        let grace = state.withLock { state in
            state.child = child
            return state.grace
        }
        if let grace { child.stop(grace: grace) }
    }
}
