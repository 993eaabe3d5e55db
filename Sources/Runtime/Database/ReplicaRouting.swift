import Postgres

/// Which replica serves a read, decided from what the watcher last saw. Pure.
struct ReplicaRouting {
    struct Seen {
        /// Everything up to here shows on the replica; nil while it is out of service.
        var replayed: PostgresLSN?
        /// Good looks in a row since it was last out of service.
        var goodLooks = 0
        var isServing = false
    }

    /// Looks in a row that a replica must pass before it serves: one good answer of a flapping replica is not enough.
    static let looksBeforeServing = 2

    private(set) var replicas: [Seen]
    private var next = 0
    /// WAL in bytes that a replica may be behind the primary and still serve `.any`.
    private let maximumLag: UInt64

    init(count: Int, maximumLag: UInt64) {
        replicas = Array(repeating: Seen(), count: count)
        self.maximumLag = maximumLag
    }

    /// The replica for a read, or nil for the primary. Replicas take turns.
    mutating func choose(_ consistency: ReadConsistency) -> Int? {
        if replicas.isEmpty || consistency == .primary { return nil }
        for offset in 0..<replicas.count {
            let index = (next + offset) % replicas.count
            guard replicas[index].isServing, let replayed = replicas[index].replayed else { continue }
            if case .after(let lsn) = consistency, replayed < lsn { continue }
            next = index + 1
            return index
        }
        return nil
    }

    enum Change { case admitted, ejected, none }

    /// The watcher looked at a replica.
    /// - Parameter replayed: nil where it did not answer, or is none.
    mutating func saw(_ index: Int, replayed: PostgresLSN?, primary: PostgresLSN?) -> Change {
        guard let replayed, lag(replayed, behind: primary) <= maximumLag else { return eject(index) }
        replicas[index].replayed = replayed
        replicas[index].goodLooks += 1
        if replicas[index].isServing || replicas[index].goodLooks < Self.looksBeforeServing { return .none }
        replicas[index].isServing = true
        return .admitted
    }

    /// A read on the replica failed, or a look did.
    mutating func eject(_ index: Int) -> Change {
        defer { replicas[index] = Seen() }
        return replicas[index].isServing ? .ejected : .none
    }

    private func lag(_ replayed: PostgresLSN, behind primary: PostgresLSN?) -> UInt64 {
        guard let primary, primary > replayed else { return 0 }
        return primary.position - replayed.position
    }
}
