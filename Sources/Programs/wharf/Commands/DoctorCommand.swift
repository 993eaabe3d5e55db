import AMQP
import Bootstrap
import Configuration
import Database
import HTTPClient
import Messages
import Postgres
import SMTP
import Search
import Topology

/// `wharf doctor`: every setting and every service, one line each.
enum DoctorCommand {
    static let all = [
        Command(
            path: ["doctor"],
            summary: "Checks every setting and service, one line each, and says how to fix what is wrong.",
            options: [.flag("json", "print JSON")]
        ) { invocation in try await run(invocation) }
    ]

    private static func run(_ invocation: Invocation) async throws -> ExitCode {
        let environment = Environment()
        var findings = Settings.all.map { entry in
            let error = entry.error(in: environment)
            return Finding(entry.description.name, problem: error?.description)
        }
        for check in Checks.all { findings.append(await check.run(environment)) }

        var table = Table(["check", "state", "detail"])
        for finding in findings {
            table.append([.text(finding.name), .text(finding.isGood ? "ok" : "FAILED"), .text(finding.detail)])
        }
        try show(table, invocation)
        return findings.allSatisfy(\.isGood) ? .success : .failure
    }
}

/// What the doctor found at one place.
struct Finding: Sendable {
    let name: String
    let isGood: Bool
    let detail: String

    init(_ name: String, detail: String) { (self.name, isGood, self.detail) = (name, true, detail) }
    init(_ name: String, problem: String?) { (self.name, isGood, detail) = (name, problem == nil, problem ?? "") }
}

/// One service's check: answers with what it found, or throws what is wrong.
private struct Check: Sendable {
    let name: String
    let remedy: String
    let look: @Sendable (Environment) async throws -> String

    func run(_ environment: Environment) async -> Finding {
        do {
            return Finding(name, detail: try await look(environment))
        } catch let error as SettingError {
            return Finding(name, problem: "cannot be checked: \(error.name) is missing or wrong")
        } catch {
            return Finding(name, problem: "\(error). \(remedy)")
        }
    }
}

private enum Checks {
    static let all = [
        database(Settings.databaseURL), database(Settings.workerDatabaseURL), database(Settings.migrationDatabaseURL),
        rowSecurity, replicas, migrations, queueFiles, broker, management, search, mail,
    ]

    private static func database(_ setting: Setting<String>) -> Check {
        Check(
            name: "primary as \(setting.description.name)",
            remedy: "Is PostgreSQL up, and are the role and the password right?"
        ) { environment in
            guard let url = try environment.optional(setting) else { return "not set, so not used" }
            return try await withPool(url: url) { pool in
                let row = try await pool.query(
                    "SELECT current_user::text, current_setting('server_version'), pg_is_in_recovery()"
                )[0]
                let (user, version, isReplica) = try row.decode(String.self, String.self, Bool.self)
                if isReplica { throw CommandFailure("this server is a replica and cannot write") }
                return "PostgreSQL \(version) as \(user)"
            }
        }
    }

    private static let rowSecurity = Check(
        name: "row security",
        remedy: "Give DATABASE_URL the role wharf_api, which is no superuser and has no BYPASSRLS."
    ) { _ in
        try await withPool(Settings.databaseURL) { pool in
            let row = try await pool.query(
                "SELECT to_regclass('orders') IS NULL OR row_security_active('orders'::text)"
            )[0]
            guard try row.decode(0, as: Bool.self) else { throw CommandFailure("its role passes every policy") }
            return "the API reaches the rows of whom it serves"
        }
    }

    private static let replicas = Check(
        name: "replicas",
        remedy: "Reads go to the primary meanwhile; see the replica's log, and pg_stat_replication on the primary."
    ) { environment in
        let urls = try environment.optional(Settings.databaseReplicaURLs) ?? []
        if urls.isEmpty { return "none configured: all reads go to the primary" }
        var lags: [String] = []
        for replica in urls {
            let lag = try await withPool(url: replica.url) { pool -> String? in
                let row = try await pool.query(
                    """
                    SELECT pg_is_in_recovery(), pg_last_wal_receive_lsn() IS NOT NULL,
                        coalesce(pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), 0)::bigint
                    """
                )[0]
                let (isReplica, isStreaming, lag) = try row.decode(Bool.self, Bool.self, Int.self)
                // Named as a replica for the time after a failover.
                if !isReplica { return nil }
                if !isStreaming { throw CommandFailure("a replica receives nothing from its primary") }
                return "\(lag) bytes behind in replaying"
            }
            if let lag { lags.append(lag) }
        }
        if lags.isEmpty { throw CommandFailure("every replica's URL leads to a primary") }
        return "\(lags.count) streaming: \(lags.joined(separator: ", "))"
    }

    private static let migrations = Check(name: "migrations", remedy: "Run `wharf migrate up`.") { environment in
        try await withPool(Settings.migrationDatabaseURL) { pool in
            let migrations = try Migration.load(directory: try environment.value(Settings.migrationsDirectory))
            let statuses = try await Migrator(migrations, pool: pool).status()
            let open = statuses.filter { if case .applied = $0.state { false } else { true } }
            if !open.isEmpty {
                throw CommandFailure("not as the code expects: \(open.map(\.name).joined(separator: ", "))")
            }
            return "\(statuses.count) applied"
        }
    }

    private static let queueFiles = Check(name: "queue files", remedy: "Correct the file.") { environment in
        let topology = try Topology.load(directory: try environment.value(Settings.queuesDirectory))
        let names = topology.queues.map(\.name).joined(separator: ", ")
        return ([names] + topology.queues.compactMap(\.warning)).joined(separator: "; ")
    }

    private static let broker = Check(
        name: "broker",
        remedy: "Is RabbitMQ up, and has `wharf queues apply` been run?"
    ) { environment in
        let topology = try Topology.load(directory: try environment.value(Settings.queuesDirectory))
        let configuration = try AMQPConfiguration(url: try environment.value(Settings.amqpURL))
        let missing = try await AMQPProbe.missing(
            configuration,
            queues: topology.queues.flatMap(\.allQueues),
            exchanges: [Topology.exchange]
        )
        if !missing.isEmpty { throw CommandFailure("missing: \(missing.joined(separator: ", "))") }
        return "\(configuration) has every queue"
    }

    private static let management = Check(
        name: "broker's topology",
        remedy: "`wharf queues diff` tells all."
    ) { environment in
        let client = HTTPClient()
        defer { client.shutdown() }
        let topology = try Topology.load(directory: try environment.value(Settings.queuesDirectory))
        let management = try ManagementAPI(url: try environment.value(Settings.amqpManagementURL), client: client)
        let diff = try await management.diff(topology.broker)
        let findings = diff.findings
        if let first = findings.first {
            let others = findings.count > 1 ? " and \(findings.count - 1) more differences" : ""
            throw CommandFailure("\(first.kind.rawValue) \(first.object)\(others)")
        }
        let unbound = topology.unbound(ShopRouting.keys)
        if !unbound.isEmpty { throw CommandFailure("no queue is bound to \(unbound.joined(separator: ", "))") }
        let dead = try await management.queues().filter { $0.name.hasSuffix(".dead") }.reduce(0) { $0 + $1.ready }
        return "as the queue files say (\(diff.size) objects), \(dead) dead letters"
    }

    private static let search = Check(
        name: "search",
        remedy: "Searches are answered from the database meanwhile. Is the search engine up?"
    ) { environment in
        let client = HTTPClient()
        defer { client.shutdown() }
        let engine = SearchEngine(client: client, url: try environment.value(Settings.searchURL))
        guard try await engine.isUp() else { throw CommandFailure("it answers, but not as a search engine does") }
        return "answers"
    }

    private static let mail = Check(
        name: "mail server",
        remedy: "Mails wait in their queue meanwhile. Is the mail server up?"
    ) { environment in
        let client = SMTPClient(try SMTPConfiguration(url: try environment.value(Settings.smtpURL)))
        defer { client.shutdown() }
        try await client.check()
        return "answers"
    }
}
