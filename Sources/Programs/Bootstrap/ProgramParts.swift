package import Configuration
package import Database
package import HTTPClient
package import HTTPServer
import JobControl
package import Jobs
package import JobsAMQP
package import Lifecycle
import Observability
package import Outbox
package import Payments
import Postgres
package import SMTP
package import Schedule
package import Search
package import Topology
import WorkerProgram

/// What programs are composed of. Each part is made when it is first asked for, so a program reads only the settings of
/// what it uses; a part that has to run is run, and what `/health/ready` should watch is watched.
package final class ProgramParts {
    /// Who the program is to PostgreSQL, which grants each role what it needs.
    package enum DatabaseRole: Sendable {
        /// `wharf_api`, by `DATABASE_URL`.
        case api
        /// `wharf_worker`, by `WORKER_DATABASE_URL`, so that one environment can serve a whole fleet; where that is not
        /// set, by `DATABASE_URL`.
        case worker
    }

    package let name: String
    package let environment: Environment
    package let readiness = Readiness()
    /// For all services together.
    package let gracePeriod: Duration
    /// For what a service has in flight. Less than the whole, so that something is left for flushing what that produced.
    package let drainPeriod: Duration

    private let role: DatabaseRole
    private let host: String
    private let probes: HTTPServer
    private var shared: [(name: String, service: any Service)] = []
    private var closers: [@Sendable () async -> Void] = []
    private var madeDatabase: Database?
    private var madeBroker: AMQPBroker?
    private var madeOutbox: OutboxPublisher?
    private var madeOrderNotices: AMQPNotices?
    private var madeTopology: Topology?
    private var madeQueueControl: PostgresQueueControl?
    private var madeHTTPClient: HTTPClient?

    /// - Throws: `SettingError`.
    init(name: String, role: DatabaseRole, environment: Environment) async throws(SettingError) {
        self.name = name
        self.role = role
        self.environment = environment
        (gracePeriod, drainPeriod) = try environment.gracePeriods()
        host = try environment.value(Settings.httpHost)
        probes = try environment.probes(readiness)
    }

    // MARK: PostgreSQL

    /// The primary and its replicas. Without the primary the program is unavailable, without a replica degraded.
    ///
    /// - Throws: `SettingError`.
    package func database() async throws(SettingError) -> Database {
        if let madeDatabase { return madeDatabase }
        let size = try environment.value(Settings.databasePoolSize)
        let primary = pool(try primaryURL(), size: size, node: "primary")
        let replicas = try replicaURLs().enumerated().map { index, replica in
            Database.Replica(pool(replica.url, size: size, node: "replica\(index + 1)"), weight: replica.weight)
        }
        // A worker's job was caused by a commit that the replicas are about to replay; a client waits for nothing.
        let patience: Duration = role == .worker ? .milliseconds(200) : .zero
        let database = Database(primary: primary, replicas: replicas, patience: patience)
        await readiness.add("database", isVital: true) { try await primary.query("SELECT 1").count == 1 }
        if !replicas.isEmpty {
            await readiness.add("replicas", isVital: false) { database.servingReplicas >= database.replicaCount }
        }
        shared.append(("database", database))
        closers.append { await database.shutdown() }
        madeDatabase = database
        return database
    }

    private func primaryURL() throws(SettingError) -> String {
        if role == .worker, let url = try environment.optional(Settings.workerDatabaseURL) { return url }
        return try environment.value(Settings.databaseURL)
    }

    private func replicaURLs() throws(SettingError) -> [ReplicaURL] {
        if role == .worker, let urls = try environment.optional(Settings.workerDatabaseReplicaURLs) { return urls }
        return try environment.optional(Settings.databaseReplicaURLs) ?? []
    }

    private func pool(_ url: String, size: Int, node: String) -> PostgresPool {
        let configuration = PostgresPool.Configuration(
            url: url,
            size: size,
            applicationName: name,
            needsWritableServer: node == "primary"
        )
        let logger = Logger(label: "postgres").with([.name: .string(node)])
        return PostgresPool(configuration) { event in
            switch event {
            case .connected: logger.debug("Database connection opened")
            case .disconnected: logger.warning("Database connection lost")
            case .connectFailed(let error):
                logger.warning("Database connection cannot be opened", [.error: .describing(error)])
            case .notice(let text): logger.debug("Database notice", [.reason: .string(text)])
            }
        }
    }

    // MARK: RabbitMQ

    /// The broker. Without it the program is degraded: jobs wait in the outbox.
    ///
    /// - Throws: `SettingError`.
    package func broker() async throws(SettingError) -> AMQPBroker {
        if let madeBroker { return madeBroker }
        let broker = try environment.broker(application: name)
        await readiness.add("broker", isVital: false) {
            try broker.check()
            return true
        }
        shared.append(("broker", broker))
        madeBroker = broker
        return broker
    }

    /// Publishes what the program commits.
    ///
    /// - Throws: `SettingError`.
    package func outbox() async throws(SettingError) -> OutboxPublisher {
        if let madeOutbox { return madeOutbox }
        let outbox = OutboxPublisher(database: try await database(), publisher: try await broker())
        shared.append(("outbox", outbox))
        madeOutbox = outbox
        return outbox
    }

    /// Publishes what follows from jobs.
    ///
    /// - Throws: `SettingError`.
    package func followUps() async throws(SettingError) -> FollowUpPublisher {
        FollowUpPublisher(database: try await database(), publisher: try await broker())
    }

    /// Who says, and hears, that an order has something new, over the broker.
    ///
    /// - Throws: `SettingError`.
    package func orderNotices() async throws(SettingError) -> AMQPNotices {
        if let madeOrderNotices { return madeOrderNotices }
        let notices = try await broker().notices(of: "orders")
        shared.append(("order notices", notices))
        madeOrderNotices = notices
        return notices
    }

    /// The queue files.
    ///
    /// - Throws: `SettingError`, `TopologyError`.
    package func topology() throws -> Topology {
        if let madeTopology { return madeTopology }
        let topology = try environment.topology()
        madeTopology = topology
        return topology
    }

    /// The periodic jobs.
    ///
    /// - Throws: `SettingError`, `ScheduleError`.
    package func schedules() throws -> [ScheduleEntry] {
        try ScheduleFiles.load(directory: try environment.value(Settings.schedulesDirectory))
    }

    /// What operators say about queues.
    private func queueControl() async throws(SettingError) -> PostgresQueueControl {
        if let madeQueueControl { return madeQueueControl }
        let control = PostgresQueueControl(pool: try await database().primary)
        shared.append(("control", control))
        madeQueueControl = control
        return control
    }

    /// A worker for each queue that the files bind these handlers' jobs to, in whatever lane, as the file and
    /// `WORKER_CONCURRENCY` say. So a job that is bound to another queue is worked there without a change of code. They
    /// need the database, which knows what is paused.
    ///
    /// - Parameter breakers: for what the handlers report as down.
    /// - Throws: `SettingError` when a job is bound to no queue, or when one of its queues carries jobs that have no
    ///   handler here, which would all end as dead letters; `TopologyError`.
    package func workers(
        handlers: [any JobHandler] = [],
        batchHandlers: [any BatchJobHandler] = [],
        breakers: [CircuitBreaker] = []
    ) async throws -> [(name: String, service: any Service)] {
        try await environment.workers(
            of: topology(),
            on: broker(),
            handlers: handlers,
            batchHandlers: batchHandlers,
            postponer: OutboxPostponer(database: database()),
            control: queueControl(),
            breakers: breakers,
            readiness: readiness
        )
    }

    // MARK: HTTP

    package func httpClient() -> HTTPClient {
        if let madeHTTPClient { return madeHTTPClient }
        let client = HTTPClient()
        closers.append { client.shutdown() }
        madeHTTPClient = client
        return client
    }

    /// The program's own server on `HTTP_PORT`, which answers `/health/live` and `/health/ready` as well.
    ///
    /// - Throws: `SettingError`.
    package func httpServer(_ router: Router) throws(SettingError) -> HTTPServer {
        var router = router
        router.addHealth(readiness)
        let configuration = HTTPServer.Configuration(
            host: host,
            port: try environment.value(Settings.httpPort),
            maximumBody: try environment.value(Settings.httpMaximumBodyBytes),
            connectionLimit: connectionLimit(try environment.value(Settings.httpMaximumConnections)),
            drainTimeout: drainPeriod,
            trustedProxies: try environment.optional(Settings.trustedProxies) ?? TrustedProxies()
        )
        let middleware = Responder.standardMiddleware(around: [
            SecurityHeaders(transportSecurity: try environment.value(Settings.hstsSeconds)),
            CORS(origins: try environment.optional(Settings.corsOrigins) ?? []),
        ])
        return HTTPServer(
            configuration: configuration,
            responder: Responder(router: router, middleware: middleware)
        )
    }

    /// What the system lets a process have open bounds it too, less what databases, broker and threads need.
    private func connectionLimit(_ wanted: Int) -> Int {
        let openFiles = OpenFiles.raiseLimit()
        guard wanted > openFiles - 256 else { return wanted }
        let limit = max(10, openFiles - 256)
        Logger(label: "http").warning(
            "The limit of open files (ulimit -Hn) is too low for HTTP_MAXIMUM_CONNECTIONS; fewer are taken",
            [.count: .int(limit)]
        )
        return limit
    }

    // MARK: Search and mail

    /// The search engine. Without it the program is degraded: the API searches the database, index jobs wait.
    ///
    /// - Throws: `SettingError`.
    package func searchEngine() async throws(SettingError) -> SearchEngine {
        let engine = SearchEngine(client: httpClient(), url: try environment.value(Settings.searchURL))
        await readiness.add("search", isVital: false) { try await engine.isUp() }
        return engine
    }

    /// The mail server. Without it mails wait in their queue.
    ///
    /// - Throws: `SettingError`.
    package func smtpClient() async throws(SettingError) -> SMTPClient {
        let url = try environment.value(Settings.smtpURL)
        let configuration: SMTPConfiguration
        do {
            configuration = try SMTPConfiguration(url: url)
        } catch {
            throw .bad(Settings.smtpURL.description, url, SettingProblem("\(error)"))
        }
        let client = SMTPClient(configuration)
        await readiness.add("mail", isVital: false) {
            try await client.check()
            return true
        }
        closers.append { client.shutdown() }
        return client
    }

    /// Who the shop's mails come from.
    ///
    /// - Throws: `SettingError`.
    package func mailSender() throws(SettingError) -> EmailAddress {
        EmailAddress(try environment.value(Settings.mailFrom), name: "Wharf")
    }

    // MARK: Payments

    /// Who decides about payments. Without it the program is degraded: payments wait in their queue.
    ///
    /// - Throws: `SettingError`.
    package func paymentGateway() async throws(SettingError) -> any PaymentGateway {
        let gateway: any PaymentGateway
        switch try environment.value(Settings.paymentGateway) {
        case .test:
            gateway = TestGateway(database: try await database())
        case .stripe:
            let url = try environment.value(Settings.stripeURL)
            let key = try environment.value(Settings.stripeAPIKey)
            gateway = StripeGateway(client: httpClient(), url: url, apiKey: key)
        }
        await readiness.add("payments", isVital: false) {
            try await gateway.check()
            return true
        }
        return gateway
    }

    /// What Stripe signs its webhooks with; nil where it is not the gateway.
    ///
    /// - Throws: `SettingError`.
    package func stripeWebhookSecret() throws(SettingError) -> String? {
        switch try environment.value(Settings.paymentGateway) {
        case .test: nil
        case .stripe: try environment.value(Settings.stripeWebhookSecret)
        }
    }

    // MARK: Running

    /// Everything that runs, in start order: the probes answer to the end, and readiness is the first thing to go.
    func framing(_ own: [(name: String, service: any Service)]) -> [(name: String, service: any Service)] {
        [("probes", probes)] + shared + own + [("readiness", StoppingNotice(readiness: readiness))]
    }

    /// Closes what the parts hold open, after all services have stopped.
    func close() async {
        for closer in closers.reversed() { await closer() }
    }
}
