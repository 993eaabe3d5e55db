import Bootstrap
import Configuration
import Database
import Foundation
import Postgres

/// `wharf db …`: the database's nodes.
enum DatabaseCommands {
    static let all = [status, check, promote]

    private static let status = Command(
        path: ["db", "status"],
        summary:
            "Lists the primary and the replicas: role, position, lag, replay and sync state; and the primary's slots.",
        options: [.flag("json", "print JSON")]
    ) { invocation in
        let status = try await inspect()
        let (nodes, slots) = (table(of: status.nodes), table(of: status.slots))
        if invocation.has("json") {
            print("{\n\"nodes\": \(try nodes.json()),\n\"slots\": \(try slots.json())\n}")
        } else {
            print(nodes.aligned())
            if !status.slots.isEmpty { print("\n" + slots.aligned()) }
        }
        return .success
    }

    private static let check = Command(
        path: ["db", "check"],
        summary: "Exits with 1 when a replica is missing or lags, or a slot retains too much; says what is wrong.",
        options: [
            .value("max-lag-bytes", "N", "write-ahead log that a replica may be behind (67108864)"),
            .value("max-lag-seconds", "N", "how old a replica's data may be (30)"),
            .value("max-slot-bytes", "N", "write-ahead log that a slot may keep (1073741824)"),
        ]
    ) { invocation in
        let sizes = 0...Int.max
        let limits = ClusterLimits(
            lagBytes: UInt64(try invocation.integer("max-lag-bytes", in: sizes, default: 64 << 20)),
            lagSeconds: Double(try invocation.integer("max-lag-seconds", in: 0...86_400, default: 30)),
            slotBytes: UInt64(try invocation.integer("max-slot-bytes", in: sizes, default: 1 << 30))
        )
        let status = try await inspect()
        let violations = limits.violations(of: status)
        for violation in violations { print(violation) }
        if violations.isEmpty { print("\(status.nodes.count) nodes, \(status.slots.count) slots: all is well") }
        return violations.isEmpty ? .success : .failure
    }

    /// The work is script/services', which alone knows the local cluster's folders and processes.
    private static let promote = Command(
        path: ["db", "promote"],
        summary: "Makes a replica of the local stack the primary; the old primary is stopped and fenced first.",
        operands: [.init(name: "NODE", help: "postgres, replica or replica2, as script/services names them")]
    ) { invocation in
        let environment = ProcessInfo.processInfo.environment
        guard let script = environment["WHARF_SERVICES"], let home = environment["WHARF_HOME"] else {
            throw CommandFailure(
                "WHARF_SERVICES and WHARF_HOME are not set: only the cluster of script/services can be promoted from here "
                    + "(`eval \"$(script/services env)\"`); docs/operations.md has the steps for others"
            )
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: script)
        process.arguments = ["promote", "--home", home, invocation.operands["NODE"] ?? ""]
        do { try process.run() } catch { throw CommandFailure("cannot run \(script): \(error.localizedDescription)") }
        process.waitUntilExit()
        return process.terminationStatus == 0 ? .success : .failure
    }

    private static func inspect() async throws -> ClusterStatus {
        let environment = Environment()
        let primary = pool(try environment.value(Settings.migrationDatabaseURL), needsWritableServer: true)
        let others = try (environment.optional(Settings.databaseReplicaURLs) ?? []).map { replica in
            (name: host(of: replica.url), pool: pool(replica.url))
        }
        let status = await ClusterInspection(primary: primary, others: others).status()
        for pool in [primary] + others.map(\.pool) { await pool.shutdown() }
        return status
    }

    private static func pool(_ url: String, needsWritableServer: Bool = false) -> PostgresPool {
        PostgresPool(
            .init(
                url: url,
                size: 1,
                connectTimeout: .seconds(3),
                statementTimeout: .seconds(5),
                applicationName: "wharf",
                needsWritableServer: needsWritableServer
            )
        )
    }

    private static func host(of url: String) -> String {
        let parts = URLComponents(string: url)
        return "\(parts?.host ?? "replica"):\(parts?.port ?? 5432)"
    }

    private static func table(of nodes: [ClusterStatus.Node]) -> Table {
        var table = Table(["node", "role", "lsn", "lag_bytes", "lag_seconds", "replay", "receiving", "sync", "problem"])
        for node in nodes {
            let isReplica = node.role == .replica
            table.append([
                .text(node.name), .text(node.role.rawValue), node.lsn.map { .text("\($0)") } ?? .missing,
                node.lagBytes.map { .number(Int($0)) } ?? .missing,
                node.lagSeconds.map { .number(Int($0.rounded())) } ?? .missing,
                isReplica ? .text(node.isPaused ? "paused" : "replaying") : .missing,
                isReplica ? .text(node.isReceiving ? "yes" : "no") : .missing,
                node.syncState.map(Table.Cell.text) ?? .missing, node.problem.map(Table.Cell.text) ?? .missing,
            ])
        }
        return table
    }

    private static func table(of slots: [ClusterStatus.Slot]) -> Table {
        var table = Table(["slot", "active", "retained_bytes", "wal_status"])
        for slot in slots {
            table.append([
                .text(slot.name), .text(slot.isActive ? "yes" : "no"), .number(Int(slot.retainedBytes)),
                .text(slot.walStatus),
            ])
        }
        return table
    }
}
