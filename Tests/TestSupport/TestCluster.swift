import Database
import Foundation
package import Postgres

/// A PostgreSQL cluster of a test's own, whose nodes it may kill and promote: `postgres`, which leads at first, and its
/// replicas, `replica` and `replica2`.
package final class TestCluster: Sendable {
    package enum Synchronous: String, Sendable {
        case off, on, any1
    }

    /// Migrated.
    package let database: TestDatabase
    /// For programs, beside what the database's URLs say: the replicas, and what `wharf db promote` needs.
    package let environment: [String: String]
    private let home: ServicesHome
    private let superuserURL: String

    /// Runs `body` with a cluster, which takes some seconds to make, and takes it away afterwards.
    package static func with(
        replicas: Int = 1,
        synchronous: Synchronous = .off,
        _ body: (TestCluster) async throws -> Void
    ) async throws {
        let home = try ServicesHome(
            "cluster",
            ports: ["POSTGRES_PORT", "REPLICA_PORT", "REPLICA2_PORT"],
            variables: ["WHARF_REPLICAS": String(replicas), "WHARF_SYNCHRONOUS": synchronous.rawValue]
        )
        var failure: (any Error)?
        do {
            try await home.services("start", "postgres", "replica")
            if replicas == 2 { try await home.services("start", "replica2") }
            try await body(try await TestCluster(home))
        } catch {
            failure = error
        }
        try await home.remove()
        if let failure { throw failure }
    }

    private init(_ home: ServicesHome) async throws {
        self.home = home
        let settings = try await home.settings()
        superuserURL = settings["POSTGRES_URL"] ?? ""
        database = TestDatabase(settings: settings)
        environment = settings.filter { $0.key.hasSuffix("REPLICA_URLS") || $0.key.hasPrefix("WHARF_") }
        let pool = PostgresPool(.init(url: try database.ownerURL, size: 1))
        _ = try await Migrator(Migration.load(directory: "migrations"), pool: pool).up()
        await pool.shutdown()
    }

    /// Starts a node again; one that has fallen behind, or led before, becomes a replica of whoever leads.
    package func start(_ node: String) async throws { try await home.services("start", node) }

    /// Ends a node as a power cut does.
    package func kill(_ node: String) async throws { try await home.kill(node) }

    /// Runs statements on one node, as the superuser.
    @discardableResult
    package func on(_ node: String, _ queries: PostgresQuery...) async throws -> [PostgresRows] {
        let pool = PostgresPool(.init(url: url(of: node), size: 1))
        var rows: [PostgresRows] = []
        var failure: (any Error)?
        // Each on its own: ALTER SYSTEM bears no transaction.
        do { for query in queries { rows.append(try await pool.query(query)) } } catch { failure = error }
        await pool.shutdown()
        if let failure { throw failure }
        return rows
    }

    /// The superuser's URL of one node.
    package func url(of node: String) -> String {
        let port = home.port(node == "postgres" ? "POSTGRES_PORT" : node.uppercased() + "_PORT")
        return superuserURL.replacingOccurrences(of: ":\(home.port("POSTGRES_PORT"))/", with: ":\(port)/")
    }

    /// Starts the server of a node's folder as it lies there, past everything that `script/services` does before.
    package func startByHand(_ node: String) throws -> TestProcess {
        let folder = home.folder + "/postgres/" + (node == "postgres" ? "primary" : node)
        let server = ["/usr/lib/postgresql/15/bin/postgres", "-D", folder]
        // PostgreSQL refuses root.
        let user = ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]
        let command = geteuid() == 0 ? user + server : server
        return try TestProcess(command[0], Array(command.dropFirst()), environment: ["PATH": "/usr/bin:/bin"])
    }
}
