/// Decides whether a worker consumes and starts jobs: it does while nothing keeps the gate closed. Pure; `WorkerControl`
/// carries it out.
struct QueueGate: Sendable {
    enum Reason: Hashable, Sendable {
        /// Whether the queue is paused is not known yet.
        case unknown
        case paused
        /// This dependency is down.
        case dependency(String)
    }

    enum Change: Equatable, Sendable {
        case began(Reason)
        case ended(Reason)
    }

    private(set) var reasons: Set<Reason> = []

    var isOpen: Bool { reasons.isEmpty }

    /// - Parameters:
    ///   - isPaused: `nil` for not known; then what was known before holds on.
    ///   - down: the dependencies that are down now.
    mutating func update(isPaused: Bool?, down: [String]) -> [Change] {
        var now = Set(down.map(Reason.dependency))
        switch isPaused {
        case true?: now.insert(.paused)
        case false?: break
        case nil: now.formUnion(reasons.contains(.paused) ? [.paused] : [.unknown])
        }
        defer { reasons = now }
        return reasons.subtracting(now).map(Change.ended) + now.subtracting(reasons).map(Change.began)
    }
}
