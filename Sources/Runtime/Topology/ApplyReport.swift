/// What became of a ``TopologyDiff``.
package struct ApplyReport: Sendable {
    package internal(set) var done: [TopologyAction] = []
    /// What is still not as the files say.
    package private(set) var refused: [TopologyFinding]
    /// Objects of the files that were right already.
    package let unchanged: Int
    private let stale: StaleQueues
    /// Groups of queues to be removed that have been looked at, and those of them that turned out to be in use.
    private var lookedAt: Set<String> = []
    private var inUse: Set<String> = []

    init(_ diff: TopologyDiff) {
        refused = diff.refusals
        unchanged = diff.unchanged
        stale = diff.stale
    }

    func hasLooked(at queue: String) -> Bool { lookedAt.contains(stale.group(of: queue)) }

    mutating func looked(at queue: String, found: String?) {
        lookedAt.insert(stale.group(of: queue))
        guard let found else { return }
        keep(found, "not empty: a message came in only just; apply again in some seconds, to hear what to do")
    }

    func mustKeep(_ action: TopologyAction) -> Bool {
        switch action {
        case .removeQueue(let name, _): inUse.contains(stale.group(of: name))
        case .removePolicy(let name):
            inUse.contains(stale.group(of: String(name.dropFirst(BrokerPlan.Policy.prefix.count))))
        default: false
        }
    }

    mutating func kept(_ action: TopologyAction, because reason: String) {
        if case .removeQueue(let queue, _) = action { keep(queue, reason) }
    }

    private mutating func keep(_ queue: String, _ reason: String) {
        inUse.insert(stale.group(of: queue))
        refused.append(
            TopologyFinding(kind: .extraQueue, object: queue, expected: nil, found: nil, repair: .manual(reason))
        )
    }
}
