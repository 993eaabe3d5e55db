import Database
import Foundation
import Postgres

/// A migrated database of its own, cloned from a template that the first one made.
package struct TestDatabase: Sendable {
    package let name: String
    /// Of a cluster of its own, the URLs by the variables that the programs know; several hosts, of which one takes writes.
    private let own: [String: String]

    init(name: String) { (self.name, own) = (name, [:]) }

    /// The database `wharf` of a cluster of its own.
    ///
    /// - Parameter settings: what `script/services env` says.
    init(settings: [String: String]) {
        name = "wharf"
        var own: [String: String] = [:]
        own["TEST_OWNER_URL"] = settings["MIGRATION_DATABASE_URL"]
        own["TEST_API_URL"] = settings["DATABASE_URL"]
        own["TEST_WORKER_URL"] = settings["WORKER_DATABASE_URL"]
        let login = settings["POSTGRES_URL"]?.prefix { $0 != "@" } ?? ""
        let hosts = settings["DATABASE_URL"]?.drop { $0 != "@" } ?? ""
        own["TEST_DATABASE_URL"] = String(login) + hosts
        self.own = own
    }

    /// URLs by role; the superuser passes every wall.
    package var superuserURL: String { get throws { try url("TEST_DATABASE_URL") } }
    package var ownerURL: String { get throws { try url("TEST_OWNER_URL") } }
    package var apiURL: String { get throws { try url("TEST_API_URL") } }
    /// As the role that reads every row.
    package var backupURL: String { get throws { try url("TEST_BACKUP_URL") } }
    package var workerURL: String { get throws { try url("TEST_WORKER_URL") } }
    /// The same database on the streaming replica, as the API's role.
    package var replicaURL: String { get throws { try onReplica(apiURL) } }
    /// The same as the workers' role.
    package var workerReplicaURL: String { get throws { try onReplica(workerURL) } }

    private func onReplica(_ url: String) throws -> String {
        guard var parts = URLComponents(string: url),
            let replica = URLComponents(string: try TestEnvironment.value("TEST_REPLICA_URL"))
        else { throw TestEnvironment.Missing(description: "TEST_REPLICA_URL is no URL") }
        parts.port = replica.port
        return parts.string ?? ""
    }

    private func url(_ variable: String) throws -> String {
        if let url = own[variable] { return url }
        return try TestEnvironment.url(TestEnvironment.value(variable), database: name)
    }

    package static func make() async throws -> TestDatabase {
        let template = try await Template.shared.name()
        let database = TestDatabase(name: "wharf_" + Self.unique())
        try await Self.onCluster { cluster in
            _ = try await cluster.query(
                "CREATE DATABASE \(unsafeSQL: database.name) TEMPLATE \(unsafeSQL: template) OWNER wharf_owner"
            )
        }
        return database
    }

    package func drop() async throws {
        try await Self.onCluster { cluster in
            _ = try await cluster.query("DROP DATABASE \(unsafeSQL: name) WITH (FORCE)")
        }
    }

    fileprivate static func unique() -> String {
        UUID().uuidString.lowercased().replacingOccurrences(of: "-", with: "")
    }

    fileprivate static func onCluster<Value>(_ body: (PostgresPool) async throws -> Value) async throws -> Value {
        // Clones of one template wait for each other, on a busy machine longer than a statement may take.
        let cluster = PostgresPool(.init(url: try TestEnvironment.databaseURL, size: 1, statementTimeout: nil))
        let result: Result<Value, any Error>
        do { result = .success(try await body(cluster)) } catch { result = .failure(error) }
        await cluster.shutdown()
        return try result.get()
    }
}

/// Made once in a test run; tests that come meanwhile wait for it.
private actor Template {
    static let shared = Template()
    private var making: Task<String, any Error>?

    func name() async throws -> String {
        let task = making ?? Task { try await Self.make() }
        making = task
        return try await task.value
    }

    private static func make() async throws -> String {
        let name = "template_" + TestDatabase.unique()
        try await TestDatabase.onCluster {
            _ = try await $0.query("CREATE DATABASE \(unsafeSQL: name) OWNER wharf_owner")
        }
        let url = try TestEnvironment.url(TestEnvironment.value("TEST_OWNER_URL"), database: name)
        let pool = PostgresPool(.init(url: url, size: 1))
        _ = try await Migrator(Migration.load(directory: "migrations"), pool: pool).up()
        await pool.shutdown()
        return name
    }
}
