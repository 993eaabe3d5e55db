import Postgres
import Threading

/// Looks at every node, off the way of the requests: each has a connection of its own for that, so that a busy pool makes
/// no node look dead.
struct NodeWatch {
    /// A look that takes longer tells nothing good about its node.
    private static let patience = Duration.seconds(2)

    private let database: Database
    private let primary: PostgresPool
    private let replicas: [PostgresPool]
    private let primaryAnswered = Lock<ContinuousClock.Instant?>(nil)

    init(_ database: Database) {
        self.database = database
        primary = Self.lookout(database.primary)
        replicas = database.replicas.map { Self.lookout($0.pool) }
    }

    private static func lookout(_ pool: PostgresPool) -> PostgresPool {
        var configuration = pool.configuration
        configuration.size = 1
        configuration.acquireTimeout = patience
        configuration.connectTimeout = patience
        configuration.statementTimeout = patience
        return PostgresPool(configuration)
    }

    func run() async {
        await withDiscardingTaskGroup { group in
            // Without replicas there is nothing to compare the primary with.
            if !replicas.isEmpty { group.addTask { await watchPrimary() } }
            for index in replicas.indices { group.addTask { await watch(index) } }
            // A service that returns would stop its program.
            while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
        }
    }

    func shutdown() async {
        await primary.shutdown()
        for pool in replicas { await pool.shutdown() }
    }

    private func watchPrimary() async {
        while !Task.isCancelled {
            let overdue = Task {
                try await Task.sleep(for: Self.patience)
                // The next look connects anew, perhaps to another.
                primary.renew(silentSince: .now)
            }
            let row = try? await primary.query("SELECT pg_current_wal_flush_lsn()").first
            overdue.cancel()
            if let lsn = try? row?.decode(0, as: PostgresLSN.self) {
                primaryAnswered.withLock { $0 = .now }
                database.routing.withLock { $0.sawPrimary(at: lsn, .now) }
            }
            await rest()
        }
    }

    private func watch(_ index: Int) async {
        while !Task.isCancelled {
            let overdue = Task {
                try await Task.sleep(for: Self.patience)
                // It neither answers nor hangs up: what runs on it need not wait any longer either.
                database.note(database.routing.withLock { $0.eject(index) }, index)
                database.replicas[index].pool.renew(silentSince: .now)
            }
            let look = await look(index)
            overdue.cancel()
            if Task.isCancelled { return }
            let (change, replica, lag) = database.routing.withLock { routing in
                (routing.saw(index, look), routing.replicas[index], routing.lag(index))
            }
            database.note(change, index)
            if change == .promoted { follow(index) }
            database.metrics.set(index, isServing: replica.isServing, lag)
            await rest()
        }
    }

    /// A replica takes writes now: the primary's pool looks for it among its hosts.
    private func follow(_ index: Int) {
        let answered = primaryAnswered.withLock { $0 }
        primary.renew(silentSince: .now)
        // Whoever waits for a primary that is gone would wait in vain. What was opened since it fell silent leads to the new
        // one; while it answers, it is the new one already.
        let isSilent = answered.map { $0.duration(to: .now) > Self.patience / 2 } ?? false
        database.primary.renew(silentSince: isSilent ? answered : nil)
        database.replicas[index].pool.renew()
    }

    private func look(_ index: Int) async -> ReplicaRouting.Look {
        let row = try? await replicas[index].query(
            "SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn(), EXISTS (SELECT FROM pg_stat_wal_receiver)"
        ).first
        guard let (isReplica, replayed, isReceiving) = try? row?.decode(Bool.self, PostgresLSN?.self, Bool.self) else {
            return .silent
        }
        if !isReplica { return .primary }
        return replayed.map { .replica($0, isReceiving: isReceiving) } ?? .silent
    }

    private func rest() async {
        let isAwaited = database.waitingReads.withLock { $0 > 0 }
        try? await Task.sleep(for: isAwaited ? min(Database.quickLook, database.lookInterval) : database.lookInterval)
    }
}
