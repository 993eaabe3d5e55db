import Postgres

/// Which node serves a read, decided from what was last seen of the nodes. Pure.
///
/// Every replica is judged by itself: one that has replayed a position serves reads that need it, whatever the others have.
struct ReplicaRouting {
    /// When a replica is fit to serve. The way back in is narrower than the way out, so that a replica at the limit does not
    /// flap.
    struct Limits: Sendable {
        /// Write-ahead log in bytes that it may be behind the primary. It comes back at half of that.
        var lag: UInt64 = 64 << 20
        /// How long ago the primary may have had what the replica does not show yet. It comes back at half of that.
        var delay = Duration.seconds(10)
        /// Good looks in a row before it serves: one good answer of a flapping replica is not enough.
        var looksBeforeServing = 3
        /// Unanswered looks in a row before it is out: one lost on a busy machine is nothing.
        var looksBeforeEjection = 2
    }

    /// What a look at a node showed.
    enum Look: Equatable {
        /// A replica that has replayed this.
        /// - isReceiving: whether it has a connection to its primary.
        case replica(PostgresLSN, isReceiving: Bool = true)
        /// It takes writes itself: promoted, or listed among the replicas so that it can be one after a failover.
        case primary
        case silent
    }

    enum Role { case replica, primary }

    struct Replica {
        /// Its share of the reads against the other replicas'; none at 0.
        let weight: Int
        /// Everything up to here shows on it.
        fileprivate(set) var replayed: PostgresLSN?
        fileprivate(set) var isServing = false
        /// As it last said; `nil` before it has said anything.
        fileprivate(set) var role: Role?
        fileprivate var goodLooks = 0
        fileprivate var silentLooks = 0
        /// What the turns owe it (smooth weighted round robin, as nginx describes it).
        fileprivate var credit = 0
    }

    enum Choice: Equatable {
        case replica(Int)
        case primary(Reason)
    }

    /// Why a read goes to the primary.
    enum Reason: String, CaseIterable, Equatable {
        /// The read asked for it.
        case asked
        /// Replicas serve, but none of them has replayed what the read has to see.
        case behind
        /// No replica serves.
        case noReplica = "no_replica"
        /// A replica was chosen and failed.
        case failed
    }

    enum Change: Equatable {
        case admitted
        case ejected
        /// A replica has begun to take writes.
        case promoted
        case none
    }

    private(set) var replicas: [Replica]
    private let limits: Limits
    private var log = PositionLog()

    init(weights: [Int], limits: Limits = Limits()) {
        replicas = weights.map { Replica(weight: $0) }
        self.limits = limits
    }

    /// The replica for a read, or the primary.
    mutating func choose(_ consistency: ReadConsistency) -> Choice {
        let needed: PostgresLSN? =
            switch consistency {
            case .primary: nil
            case .any: PostgresLSN(position: 0)
            case .after(let lsn): lsn
            }
        guard let needed else { return .primary(.asked) }
        var chosen: Int?
        var turn = 0
        var hasServing = false
        for index in replicas.indices where replicas[index].isServing {
            guard let replayed = replicas[index].replayed, replicas[index].weight > 0 else { continue }
            hasServing = true
            if replayed < needed { continue }
            turn += replicas[index].weight
            replicas[index].credit += replicas[index].weight
            if chosen.map({ replicas[index].credit > replicas[$0].credit }) ?? true { chosen = index }
        }
        guard let chosen else { return .primary(hasServing ? .behind : .noReplica) }
        replicas[chosen].credit -= turn
        return .replica(chosen)
    }

    /// The primary was looked at.
    /// - Parameter flushed: where its log stands.
    mutating func sawPrimary(at flushed: PostgresLSN, _ now: ContinuousClock.Instant) { log.note(flushed, at: now) }

    /// A replica was looked at.
    mutating func saw(_ index: Int, _ look: Look) -> Change {
        switch look {
        case .replica(let replayed, let isReceiving): return sawReplica(index, at: replayed, isReceiving)
        case .primary:
            let wasReplica = replicas[index].role == .replica
            _ = eject(index)
            replicas[index].role = .primary
            replicas[index].silentLooks = 0
            return wasReplica ? .promoted : .none
        case .silent:
            replicas[index].silentLooks += 1
            replicas[index].goodLooks = 0
            return replicas[index].silentLooks < limits.looksBeforeEjection ? .none : eject(index)
        }
    }

    private mutating func sawReplica(_ index: Int, at replayed: PostgresLSN, _ isReceiving: Bool) -> Change {
        replicas[index].role = .replica
        replicas[index].silentLooks = 0
        replicas[index].replayed = replayed
        let (lag, delay) = (log.lag(of: replayed), log.delay(of: replayed))
        if replicas[index].isServing {
            return lag <= limits.lag && delay <= limits.delay ? .none : unfit(index)
        }
        // What an old primary wrote by itself, no position tells; but it cannot follow the new one either. A replica that
        // serves may lose its primary: what it shows is as true as before.
        guard isReceiving, lag <= limits.lag / 2, delay <= limits.delay / 2 else { return unfit(index) }
        replicas[index].goodLooks += 1
        if replicas[index].goodLooks < limits.looksBeforeServing { return .none }
        replicas[index].isServing = true
        replicas[index].credit = 0
        return .admitted
    }

    private mutating func unfit(_ index: Int) -> Change {
        defer {
            replicas[index].isServing = false
            replicas[index].goodLooks = 0
        }
        return replicas[index].isServing ? .ejected : .none
    }

    /// A read on the replica failed by the replica's own fault, or a look took too long: nothing is known of it any more.
    mutating func eject(_ index: Int) -> Change {
        defer { replicas[index].replayed = nil }
        return unfit(index)
    }

    /// How far a replica is behind the primary, for metrics; `nil` while it does not answer.
    func lag(_ index: Int) -> (bytes: UInt64, delay: Duration)? {
        replicas[index].replayed.map { (log.lag(of: $0), log.delay(of: $0)) }
    }
}
