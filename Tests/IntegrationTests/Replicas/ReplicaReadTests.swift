import Accounts
import Foundation
import HTTPClient
import Postgres
import TestSupport
import Testing
import Threading

/// What clients and workers read while a replica stands still, lags, or dies.
@Suite(.serialized) struct ReplicaReadTests {
    private static let replica = #"database_reads_total{node="replica1",reason=""}"#
    private static let behind = #"database_reads_total{node="primary",reason="behind"}"#

    private func serving(_ shop: TestShop, _ program: RunningProgram) async throws {
        try await eventually("the replica serves") {
            try await shop.metrics(program)[#"database_replica_serving{node="replica1"}"#] == 1
        }
    }

    /// Runs `count` clients, 16 at a time.
    private func clients(_ count: Int, _ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        let next = Lock(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    while true {
                        let index = next.withLock { next in
                            defer { next += 1 }
                            return next
                        }
                        if index >= count { return }
                        try await body(index)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func get(_ shop: TestShop, _ path: String, _ token: String, _ position: String?) async throws
        -> HTTPResponse
    {
        var headers = [("Authorization", "Bearer \(token)")]
        if let position { headers.append(("X-Wharf-LSN", position)) }
        return try await shop.client.send(HTTPRequest(method: "GET", url: shop.apiURL + path, headers: headers))
    }

    @Test func whoWroteSeesItWhileReplayIsPausedAndTheOthersReadTheReplica() async throws {
        let count = TestEnvironment.isFull ? 1_000 : 100
        try await TestCluster.with { cluster in
            try await TestShop.with(cluster) { shop in
                let variant = try await shop.variant(stock: 1_000_000)
                let api = try await shop.start(.api)
                let token = try await shop.customer()
                try await serving(shop, api)
                // What is there before: the clients that write nothing read it on the replica.
                try await eventually("the replica has the variant") {
                    try await cluster.on("replica", "SELECT count(*) FROM product_variants")[0][0].decode(
                        0,
                        as: Int.self
                    ) == 1
                }
                try await cluster.on("replica", "SELECT pg_wal_replay_pause()")
                let before = try await shop.metrics(api)

                let positions = Lock<[(number: String, position: String)]>([])
                try await clients(count) { _ in
                    let placed = try await shop.order([(variant.id, 1)], token: token)
                    let number = try placed.json()["order_number"] as? String ?? ""
                    let position = placed.headers["x-wharf-lsn"]
                    #expect(placed.status == 201 && position != nil)
                    #expect(placed.headers["set-cookie"]?.hasPrefix("wharf_lsn=\(position ?? "-");") == true)
                    let read = try await get(shop, "/api/orders/\(number)", token, position)
                    #expect(read.status == 200)
                    positions.withLock { $0.append((number, position ?? "")) }
                }
                try await clients(count) { _ in
                    let status = try await get(shop, "/api/catalog/products", token, nil).status
                    #expect(status == 200)
                }
                let paused = try await shop.metrics(api)
                // Every client that wrote was sent past the replica, every other one to it.
                #expect((paused[Self.behind] ?? 0) - (before[Self.behind] ?? 0) == Double(count))
                #expect((paused[Self.replica] ?? 0) - (before[Self.replica] ?? 0) == Double(count))
                // And the replica could not have served them.
                let onReplica = try await cluster.on("replica", "SELECT count(*) FROM orders")
                #expect(try onReplica[0][0].decode(0, as: Int.self) == 0)

                try await cluster.on("replica", "SELECT pg_wal_replay_resume()")
                let all = positions.withLock { $0 }
                try await eventually("the replica has replayed what they wrote") {
                    let before = try await shop.metrics(api)[Self.replica] ?? 0
                    guard let (number, position) = all.last else { return false }
                    #expect(try await get(shop, "/api/orders/\(number)", token, position).status == 200)
                    return try await shop.metrics(api)[Self.replica] ?? 0 > before
                }
                let resumed = try await shop.metrics(api)
                try await clients(count) { index in
                    let (number, position) = all[index]
                    let status = try await get(shop, "/api/orders/\(number)", token, position).status
                    #expect(status == 200)
                }
                let after = try await shop.metrics(api)
                #expect((after[Self.replica] ?? 0) - (resumed[Self.replica] ?? 0) == Double(count))
                print(
                    "paused: \(count) reads behind writes by the primary, \(count) others by the replica;",
                    "resumed: \(count) of \(count) by the replica"
                )
                try await api.process.stop()
            }
        }
    }

    @Test func workersNeverActOnARowOlderThanTheirJobsCommit() async throws {
        try await TestCluster.with { cluster in
            try await TestShop.with(cluster) { shop in
                let variant = try await shop.variant(stock: 1_000)
                try await cluster.on(
                    "replica",
                    "ALTER SYSTEM SET recovery_min_apply_delay = '2s'",
                    "SELECT pg_reload_conf()"
                )
                let api = try await shop.start(.api)
                let email = try await shop.start(.email)
                let search = try await shop.start(.search)
                let token = try await shop.customer()
                try await serving(shop, email)
                try await serving(shop, search)
                let admin = try await shop.person(.admin)
                let draft = #"""
                    {"name":"First name","category":"tests","currency":"GBP",
                    "variants":[{"sku":"N-1","name":"M","price_amount":1000,"stock_quantity":3}],
                    "images":[{"url":"https://example.com/n.jpg","is_primary":true}]}
                    """#
                let created = try await shop.call("POST", "/api/catalog/products", token: admin.token, body: draft)
                let product = try #require(try created.json()["id"] as? String)

                // A mail about an order that the worker could not see would be a dead letter.
                let orders = 20
                for _ in 0..<orders { #expect(try await shop.order([(variant.id, 1)], token: token).status == 201) }
                let seen = try await cluster.on("replica", "SELECT count(*) FROM orders")[0][0].decode(0, as: Int.self)
                #expect(seen < orders)
                // A document made of an older row than the change would keep the old name for good.
                for name in ["Second", "Third", "Last"] {
                    let answer = try await shop.call(
                        "PATCH",
                        "/api/catalog/products/\(product)",
                        token: admin.token,
                        body: #"{"name":"\#(name) name"}"#
                    )
                    #expect(answer.status == 200)
                }
                try await eventually("every mail is sent") {
                    try await shop.count("SELECT count(*) FROM mail_deliveries WHERE template = 'order_placed'")
                        == orders
                }
                try await eventually("the jobs are done") { try await shop.isIdle() }
                #expect(try await shop.depth("email.send_order_confirmation.dead") == 0)
                let document = try await shop.client.send(
                    HTTPRequest(method: "GET", url: "\(shop.searchURL)/products/_doc/\(product)")
                )
                #expect(String(decoding: document.body, as: UTF8.self).contains("Last name"))
                let reads = try await shop.metrics(email)
                #expect((reads[Self.behind] ?? 0) > 0)
                #expect((reads["database_read_waits_total"] ?? 0) > 0)
                for program in [search, email, api] { try await program.process.stop() }
            }
        }
    }

    @Test func aReplicaThatDiesAndComesBackUnderLoadCostsNoRequest() async throws {
        try await TestCluster.with { cluster in
            try await TestShop.with(cluster) { shop in
                let variant = try await shop.variant(stock: 1_000_000)
                let api = try await shop.start(.api)
                let token = try await shop.customer()
                try await serving(shop, api)
                let placed = try await shop.order([(variant.id, 1)], token: token)
                let number = try placed.json()["order_number"] as? String ?? ""
                let position = placed.headers["x-wharf-lsn"]

                let isOver = Lock(false)
                let answers = Lock<[Int: Int]>([:])
                let load = Task {
                    try await clients(.max) { index in
                        if isOver.withLock({ $0 }) { throw CancellationError() }
                        let status =
                            switch index % 8 {
                            case 0: try await shop.order([(variant.id, 1)], token: token).status
                            case 1...4: try await get(shop, "/api/orders/\(number)", token, position).status
                            default: try await get(shop, "/api/catalog/products", token, nil).status
                            }
                        answers.withLock { $0[status, default: 0] += 1 }
                    }
                }
                func total() -> Int { answers.withLock { $0.values.reduce(0, +) } }
                for _ in 0..<2 {
                    let begun = total()
                    try await eventually("requests are answered") { total() > begun + 100 }
                    try await cluster.kill("replica")
                    let killed = total()
                    try await eventually("requests are answered without the replica") { total() > killed + 100 }
                    try await cluster.start("replica")
                    try await serving(shop, api)
                }
                isOver.withLock { $0 = true }
                _ = await load.result
                let statuses = answers.withLock { $0 }
                print("replica killed and restarted twice: answers by status", statuses)
                #expect(Set(statuses.keys) == [200, 201])
                #expect((try await shop.metrics(api)[#"database_replica_ejections_total{node="replica1"}"#] ?? 0) >= 2)
                try await api.process.stop()
            }
        }
    }
}
