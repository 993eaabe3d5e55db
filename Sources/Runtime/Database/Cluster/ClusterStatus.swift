package import Postgres

/// The nodes of a database cluster and what they keep for each other, as they said at one moment.
package struct ClusterStatus: Sendable, Equatable {
    package enum Role: String, Sendable {
        case primary, replica, unreachable
    }

    package struct Node: Sendable, Equatable {
        /// `cluster_name`, where the node has one; otherwise host and port.
        package var name: String
        package var role: Role
        /// What has been flushed on a primary, replayed on a replica.
        package var lsn: PostgresLSN?
        /// Write-ahead log in bytes that it does not show yet.
        package var lagBytes: UInt64?
        /// How old the newest transaction that it shows is, in seconds; 0 where nothing is missing.
        package var lagSeconds: Double?
        /// Of a replica: whether somebody has paused its replay.
        package var isPaused = false
        /// Of a replica: whether it has a connection to its primary.
        package var isReceiving = false
        /// `sync`, `async`, `quorum` or `potential`, as the primary says.
        package var syncState: String?
        /// Why it is unreachable.
        package var problem: String?
        /// Tells one server from another, whatever the way to it.
        var identity: String?

        package init(name: String, role: Role) { (self.name, self.role) = (name, role) }
    }

    package struct Slot: Sendable, Equatable {
        package var name: String
        package var isActive: Bool
        /// Write-ahead log in bytes that the primary keeps for it.
        package var retainedBytes: UInt64
        /// `reserved`, `extended`, `unreserved` or `lost`, as `pg_replication_slots` explains.
        package var walStatus: String

        package init(name: String, isActive: Bool, retainedBytes: UInt64, walStatus: String) {
            (self.name, self.isActive, self.retainedBytes, self.walStatus) = (name, isActive, retainedBytes, walStatus)
        }
    }

    package var nodes: [Node]
    /// The primary's.
    package var slots: [Slot]

    package init(nodes: [Node], slots: [Slot] = []) {
        self.nodes = nodes
        self.slots = slots
    }
}
