import AMQP
import Foundation
package import HTTPClient
package import Postgres
import Topology

/// A whole shop of its own: database, virtual host, search engine, mail catcher, and the programs as real processes.
package final class TestShop: Sendable {
    package enum Program: String, CaseIterable, Sendable {
        case relay = "outbox-relay"
        case email = "worker-email"
        case search = "worker-search"
        case orders = "worker-orders"
        case api
    }

    package let database: TestDatabase
    package let broker: TestBroker
    /// Between the programs and the broker: cut, it is a broker that is down.
    package let brokerProxy: TCPProxy
    package let mail: TestMailServer
    package let client = HTTPClient()
    /// As the superuser, to count rows.
    package let pool: PostgresPool
    /// The search engine's own address.
    package let searchURL: String
    private let search: TestProcess
    private let environment: [String: String]
    private let apiPort: Int

    private init(
        database: TestDatabase,
        broker: TestBroker,
        queues: String,
        also extra: [String: String]
    ) async throws {
        self.database = database
        self.broker = broker
        guard let brokerPort = URLComponents(string: broker.url)?.port else {
            throw TestEnvironment.Missing(description: "TEST_AMQP_URL names no port")
        }
        brokerProxy = try TCPProxy(to: brokerPort)
        mail = try TestMailServer()
        pool = PostgresPool(.init(url: try database.superuserURL, size: 4))
        apiPort = try freePort()
        let searchPort = try freePort()
        searchURL = "http://127.0.0.1:\(searchPort)"
        let engine = try TestEnvironment.value("TEST_SEARCH_ENGINE")
        search = try TestProcess(
            engine,
            ["-addr", "127.0.0.1:\(searchPort)", "-no-stdin-watch"],
            environment: ["PATH": "/usr/bin:/bin"]
        )
        // A periodic job that came due in a test about something else would be one job more than it counts.
        let noSchedules = FileManager.default.temporaryDirectory.appending(path: "wharf-no-schedules")
        try FileManager.default.createDirectory(at: noSchedules, withIntermediateDirectories: true)
        environment = [
            "PATH": "/usr/bin:/bin",
            "DATABASE_URL": try database.apiURL,
            "WORKER_DATABASE_URL": try database.workerURL,
            "MIGRATION_DATABASE_URL": try database.ownerURL,
            "BACKUP_DATABASE_URL": try database.backupURL,
            "DATABASE_POOL_SIZE": "8",
            "AMQP_URL": broker.url.replacingOccurrences(of: ":\(brokerPort)/", with: ":\(brokerProxy.port)/"),
            "AMQP_MANAGEMENT_URL": broker.managementURL,
            "QUEUES_DIRECTORY": queues,
            "SCHEDULES_DIRECTORY": noSchedules.path,
            "SEARCH_URL": searchURL,
            "SMTP_URL": mail.url,
            "MAIL_FROM": "shop@example.com",
            "PUBLIC_URL": "https://shop.example.com",
            "JWT_KEYS": Self.jwtKeys,
            "HTTP_PORT": String(apiPort),
            "LOG_FORMAT": "json",
            // All customers of a test come from one address.
            "RATE_LIMITS": "off",
        ].merging(extra) { $1 }
        try await ManagementAPI(url: broker.managementURL, client: client).apply(
            Topology.load(directory: queues).broker
        )
    }

    /// Runs `body` with a shop whose programs are not started yet, and takes everything away afterwards.
    ///
    /// - Parameter queues: the folder of the queue files.
    package static func with(queues: String = "queues", _ body: (TestShop) async throws -> Void) async throws {
        let database = try await TestDatabase.make()
        var failure: (any Error)?
        do { try await with(database, queues: queues, body) } catch { failure = error }
        try await database.drop()
        if let failure { throw failure }
    }

    /// The same on a database cluster of its own, with the replicas.
    package static func with(_ cluster: TestCluster, _ body: (TestShop) async throws -> Void) async throws {
        try await with(cluster.database, also: cluster.environment, body)
    }

    /// The same on a broker cluster of its own: declared on its first node, and served by whichever answers.
    package static func with(_ cluster: BrokerCluster, _ body: (TestShop) async throws -> Void) async throws {
        let database = try await TestDatabase.make()
        let urls = try await cluster.urls(0)
        var failure: (any Error)?
        do { try await with(database, on: urls, body) } catch { failure = error }
        try await database.drop()
        if let failure { throw failure }
    }

    private static func with(
        _ database: TestDatabase,
        queues: String = "queues",
        on broker: (amqp: String, management: String)? = nil,
        also extra: [String: String] = [:],
        _ body: (TestShop) async throws -> Void
    ) async throws {
        let urls =
            try broker
            ?? (
                amqp: TestEnvironment.value("TEST_AMQP_URL"),
                management: TestEnvironment.value("TEST_AMQP_MANAGEMENT_URL")
            )
        try await withTestBroker(urls) { broker in
            let shop = try await TestShop(database: database, broker: broker, queues: queues, also: extra)
            var failure: (any Error)?
            do { try await body(shop) } catch { failure = error }
            try await shop.search.stop()
            try await shop.mail.stop()
            await shop.pool.shutdown()
            shop.client.shutdown()
            shop.brokerProxy.cut()
            if let failure { throw failure }
        }
    }

    /// Starts a program and waits until it is ready.
    package func start(_ program: Program, _ extra: [String: String] = [:]) async throws -> RunningProgram {
        let running = try launch(program, extra)
        try await eventually("\(program.rawValue) is ready", within: .seconds(60)) {
            guard running.process.isRunning else {
                throw TestEnvironment.Missing(description: "\(program.rawValue) ended: \(running.process.output)")
            }
            return await running.isReady(client)
        }
        return running
    }

    /// Starts a program and does not wait.
    package func launch(_ program: Program, _ extra: [String: String] = [:]) throws -> RunningProgram {
        let port = try freePort()
        let environment = environment.merging(["METRICS_PORT": String(port)]) { $1 }.merging(extra) { $1 }
        let path = try TestEnvironment.value("TEST_PROGRAMS") + "/" + program.rawValue
        return RunningProgram(process: try TestProcess(path, environment: environment), metricsPort: port)
    }

    /// Runs `body` with these programs up, and sees each of them stop with exit status 0.
    package func running(_ programs: [Program] = Program.allCases, _ body: () async throws -> Void) async throws {
        var started: [(Program, RunningProgram)] = []
        for program in programs { started.append((program, try await start(program))) }
        try await body()
        for (program, running) in started.reversed() {
            running.process.send(SIGTERM)
            let status = try await running.process.ended()
            guard status == 0 else {
                throw TestEnvironment.Missing(
                    description: "\(program.rawValue) ended with \(status): \(running.process.output.suffix(2_000))"
                )
            }
        }
    }

    /// The `wharf` tool against this shop.
    /// - Returns: its exit status and all it printed.
    package func wharf(_ arguments: String..., environment extra: [String: String] = [:]) async throws -> (
        Int32, String
    ) {
        let process = try launchTool(arguments, extra)
        let status = try await process.ended(within: .seconds(120))
        return (status, process.output)
    }

    /// Starts the `wharf` tool and does not wait.
    package func launchTool(_ arguments: [String], _ extra: [String: String] = [:]) throws -> TestProcess {
        let path = try TestEnvironment.value("TEST_PROGRAMS") + "/wharf"
        return try TestProcess(path, arguments, environment: environment.merging(extra) { $1 })
    }

    /// Runs a shell command with the shop's settings and the programs in its path.
    /// - Returns: its exit status and all it printed.
    package func shell(_ command: String) async throws -> (Int32, String) {
        let path = try TestEnvironment.value("TEST_PROGRAMS") + ":/usr/bin:/bin"
        let process = try TestProcess(
            "/bin/sh",
            ["-c", command],
            environment: environment.merging(["PATH": path]) { $1 }
        )
        let status = try await process.ended(within: .seconds(120))
        return (status, process.output)
    }

    // MARK: The API

    package var apiURL: String { "http://127.0.0.1:\(apiPort)" }
    package var apiPortNumber: Int { apiPort }

    package func call(
        _ method: String,
        _ path: String,
        token: String? = nil,
        key: String? = nil,
        body: String? = nil
    ) async throws -> HTTPResponse {
        var headers: [(String, String)] = []
        if let token { headers.append(("Authorization", "Bearer \(token)")) }
        if let key { headers.append(("Idempotency-Key", key)) }
        if body != nil { headers.append(("Content-Type", "application/json")) }
        return try await client.send(
            HTTPRequest(
                method: method,
                url: apiURL + path,
                headers: headers,
                body: body.map { Array($0.utf8) },
                timeout: .seconds(30)
            )
        )
    }

    /// Orders and answers with the response.
    package func order(
        _ lines: [(variant: Int64, quantity: Int)],
        token: String,
        key: String? = nil,
        shippingMethod: String = "standard"
    ) async throws -> HTTPResponse {
        let items = lines.map { #"{"variant_id":"\#($0.variant)","quantity":\#($0.quantity)}"# }.joined(separator: ",")
        let address = #"{"line1":"1 Quay","city":"Hull","postal_code":"HU1","country":"GB"}"#
        let body = #"{"items":[\#(items)],"shipping_address":\#(address),"shipping_method":"\#(shippingMethod)"}"#
        return try await call("POST", "/api/orders", token: token, key: key, body: body)
    }

    // MARK: What is left

    package func count(_ query: PostgresQuery) async throws -> Int {
        try await pool.query(query)[0].decode(0, as: Int.self)
    }

    /// Messages in a queue, counted by the broker itself rather than by its statistics, which lag.
    package func depth(_ queue: String) async throws -> Int { try await broker.depth(queue) }

    /// Subscriptions to a queue.
    package func consumers(of queue: String) async throws -> Int {
        let session = try await broker.session()
        let count = try await session.consumerCount(queue)
        await session.close()
        return count
    }

    /// Nothing waits in the outbox, and no queue but the dead ones holds a message, delivered or not.
    package func isIdle() async throws -> Bool {
        guard try await count("SELECT count(*) FROM outbox") == 0 else { return false }
        return try await ManagementAPI(url: broker.managementURL, client: client).queues()
            .allSatisfy { $0.name.hasSuffix(".dead") || $0.ready + $0.unacked == 0 }
    }

    /// Variants whose level is not what the stock ledger adds up to, by id; a variant that is gone must add up to nothing.
    package func variantsOutOfBalance() async throws -> [Int64] {
        try await pool.query(
            """
            SELECT id FROM product_variants v
            FULL JOIN (SELECT variant_id AS id, sum(delta) AS total FROM stock_movements GROUP BY variant_id) m USING (id)
            WHERE coalesce(v.stock_quantity, 0) <> coalesce(m.total, 0) ORDER BY id
            """
        ).map { try $0.decode(0, as: Int64.self) }
    }

    /// A variant of a product of its own.
    package func variant(stock: Int, price: Int = 1_000) async throws -> (id: Int64, sku: String) {
        let sku = "T-" + UUID().uuidString.prefix(8)
        let rows = try await pool.query(
            """
            WITH category AS (
                INSERT INTO categories (slug, name) VALUES ('tests', 'Tests')
                ON CONFLICT (slug) DO UPDATE SET name = excluded.name RETURNING id
            ), product AS (
                INSERT INTO products (slug, name, category_id, currency, price_amount, in_stock, primary_image_url)
                SELECT lower(\(sku)), 'Test ' || \(sku), id, 'GBP', \(price)::bigint, true, 'https://example.com/i.png'
                FROM category RETURNING id
            ), variant AS (
                INSERT INTO product_variants (product_id, sku, name, price_amount, stock_quantity)
                SELECT id, \(sku), 'One size', \(price)::bigint, \(stock)::int FROM product RETURNING id
            ), movement AS (
                INSERT INTO stock_movements (variant_id, delta, reason)
                SELECT id, \(stock)::int, 'initial' FROM variant WHERE \(stock)::int > 0
            )
            SELECT id FROM variant
            """
        )
        return (try rows[0].decode(0), sku)
    }
}

/// A program of the shop.
package struct RunningProgram: Sendable {
    package let process: TestProcess
    package let metricsPort: Int

    func isReady(_ client: HTTPClient) async -> Bool {
        let url = "http://127.0.0.1:\(metricsPort)/health/ready"
        let response = try? await client.send(
            HTTPRequest(method: "GET", url: url, headers: [], body: nil, timeout: .seconds(5))
        )
        guard response?.status == 200 else { return false }
        let state = try? response?.json()
        // Degraded is fine for whoever runs it; a test that starts before the broker is connected would be guessing.
        return state?["status"] as? String == "ready" || state?["status"] as? String == "degraded"
    }
}

extension HTTPResponse {
    /// The body as a JSON object.
    package func json() throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(body))
        guard let object = object as? [String: Any] else {
            throw TestEnvironment.Missing(description: "no JSON object: \(String(decoding: body, as: UTF8.self))")
        }
        return object
    }
}
