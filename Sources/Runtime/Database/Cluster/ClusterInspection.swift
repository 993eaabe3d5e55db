package import Postgres

/// Asks the nodes of a cluster how they are.
package struct ClusterInspection {
    private let primary: PostgresPool
    private let others: [(name: String, pool: PostgresPool)]

    /// - Parameters:
    ///   - primary: leads to whoever takes writes, with a role that may read the statistics of replication (`pg_monitor`).
    ///   - others: the nodes that serve reads, or will after a failover; the primary may be among them.
    package init(primary: PostgresPool, others: [(name: String, pool: PostgresPool)]) {
        self.primary = primary
        self.others = others
    }

    package func status() async -> ClusterStatus {
        var nodes = [await node("primary", primary)]
        for (name, pool) in others {
            let node = await node(name, pool)
            // The primary by another of its names.
            if let identity = node.identity, nodes.contains(where: { $0.identity == identity }) { continue }
            nodes.append(node)
        }
        let flushed = nodes[0].role == .primary ? nodes[0].lsn : nil
        let syncStates = await syncStates()
        for index in nodes.indices where nodes[index].role == .replica {
            nodes[index].syncState = syncStates[nodes[index].name]
            guard let flushed, let replayed = nodes[index].lsn else { continue }
            nodes[index].lagBytes = flushed > replayed ? flushed.position - replayed.position : 0
            if replayed >= flushed { nodes[index].lagSeconds = 0 }
        }
        return ClusterStatus(nodes: nodes, slots: await slots())
    }

    private func node(_ name: String, _ pool: PostgresPool) async -> ClusterStatus.Node {
        do {
            let row = try await pool.query(
                """
                SELECT pg_is_in_recovery(), nullif(current_setting('cluster_name'), ''),
                    CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END,
                    CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() ELSE false END,
                    extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8,
                    EXISTS (SELECT FROM pg_stat_wal_receiver), pg_postmaster_start_time()::text
                """
            )[0]
            let isReplica: Bool = try row.decode(0)
            var node = ClusterStatus.Node(name: try row.decode(1) ?? name, role: isReplica ? .replica : .primary)
            node.lsn = try row.decode(2)
            node.isPaused = try row.decode(3)
            node.lagSeconds = isReplica ? try row.decode(4) : nil
            node.isReceiving = try row.decode(5)
            node.identity = try row.decode(6)
            return node
        } catch {
            var node = ClusterStatus.Node(name: name, role: .unreachable)
            node.problem = "\(error)"
            return node
        }
    }

    /// By the replica's name.
    private func syncStates() async -> [String: String] {
        let rows = try? await primary.query(
            "SELECT application_name, coalesce(sync_state, '') FROM pg_stat_replication"
        )
        let pairs = (try? rows?.map { try $0.decode(String.self, String.self) }) ?? []
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    private func slots() async -> [ClusterStatus.Slot] {
        let rows = try? await primary.query(
            """
            SELECT slot_name::text, active, coalesce(wal_status, ''),
                greatest(coalesce(pg_wal_lsn_diff(pg_current_wal_flush_lsn(), restart_lsn), 0), 0)::bigint
            FROM pg_replication_slots ORDER BY slot_name
            """
        )
        let slots = try? rows?.map { row in
            let (name, isActive, status, retained) = try row.decode(String.self, Bool.self, String.self, Int64.self)
            return ClusterStatus.Slot(
                name: name,
                isActive: isActive,
                retainedBytes: UInt64(retained),
                walStatus: status
            )
        }
        return slots ?? []
    }
}
