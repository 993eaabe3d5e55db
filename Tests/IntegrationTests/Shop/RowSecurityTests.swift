import Accounts
import Crypto
import Database
import Foundation
import HTTPServer
import Postgres
import TestSupport
import Testing

@testable import ShopAPI

/// The second wall: what a handler that forgets whose rows it is about can reach, on the real schema, as the real roles.
@Suite struct RowSecurityTests {
    private static let tables = ["orders", "order_items", "order_events", "idempotency_keys", "cart_items"]

    private struct Walls {
        /// Each with one connection, so that every statement finds what the last one left behind.
        let api: Database
        let worker: Database
        let owner: Database
        let superuser: PostgresPool
        let ada: Int64
        let bob: Int64

        /// What a statement without any WHERE finds.
        func count(_ table: String, by database: Database) async throws -> Int {
            try await database.read(.primary) {
                try await $0.query("SELECT count(*) FROM \(unsafeSQL: table)")[0].decode(0)
            }
        }
    }

    /// Two customers with an order each.
    private func withWalls(_ body: (Walls) async throws -> Void) async throws {
        let database = try await TestDatabase.make()
        let pools = try [database.apiURL, database.workerURL, database.ownerURL, database.superuserURL]
            .map { PostgresPool(.init(url: $0, size: 1)) }
        let databases = pools.map { Database(primary: $0) }
        let walls = Walls(
            api: databases[0],
            worker: databases[1],
            owner: databases[2],
            superuser: pools[3],
            ada: try await person("ada", in: pools[3]),
            bob: try await person("bob", in: pools[3])
        )
        var failure: (any Error)?
        do { try await body(walls) } catch { failure = error }
        for pool in pools { await pool.shutdown() }
        try await database.drop()
        if let failure { throw failure }
    }

    /// A customer with an order, its line, its event, and the answer to it.
    private func person(_ name: String, in pool: PostgresPool) async throws -> Int64 {
        try await pool.query(
            """
            WITH person AS (
                INSERT INTO users (email, password_hash, first_name, last_name)
                VALUES (\(name + "@example.com"), 'x', \(name), 'X') RETURNING id
            ), placed AS (
                INSERT INTO orders (id, order_number, user_id, currency, subtotal_amount, tax_amount, shipping_amount,
                    discount_amount, total_amount, shipping_address, idempotency_key)
                SELECT gen_random_uuid(), \("W-" + name), id, 'EUR', 100, 0, 0, 0, 100, '{}', 'key'
                FROM person RETURNING id
            ), line AS (
                INSERT INTO order_items (order_id, line, sku, product_name, variant_name, unit_price_amount, quantity,
                    total_amount)
                SELECT id, 1, 'S', 'P', 'V', 100, 1, 100 FROM placed
            ), event AS (
                INSERT INTO order_events (order_id, kind, actor) SELECT id, 'placed', \("user:" + name) FROM placed
            ), answer AS (
                INSERT INTO idempotency_keys (user_id, route, key, request_hash, response_status, response_body)
                SELECT id, 'POST /api/orders', 'key', '', 201, '' FROM person
            ), cart AS (
                INSERT INTO cart_items (user_id, variant_id, quantity, price_amount) SELECT id, 1, 1, 100 FROM person
            )
            SELECT id FROM person
            """
        )[0].decode(0)
    }

    private func inside<Value>(_ scope: RowScope, _ body: () async throws -> Value) async throws -> Value {
        try await RowScope.$current.withValue(scope) { try await body() }
    }

    private func customer(_ id: Int64) -> RowScope { RowScope(userID: id, isStaff: false) }

    @Test func aStatementWithoutItsWhereFindsWhatIsOnesOwn() async throws {
        try await withWalls { walls in
            for table in Self.tables {
                // In this order: a connection must not carry the last user to the next one, or to nobody.
                for _ in 1...2 {
                    #expect(try await walls.count(table, by: walls.api) == 0, "\(table), nobody")
                    let own = try await inside(customer(walls.ada)) { try await walls.count(table, by: walls.api) }
                    #expect(own == 1, "\(table), a customer")
                }
                let staff = RowScope(userID: walls.bob, isStaff: true)
                let all = try await inside(staff) { try await walls.count(table, by: walls.api) }
                #expect(all == 2, "\(table), staff")
                #expect(try await walls.count(table, by: walls.api) == 0, "\(table), nobody after staff")
                #expect(try await walls.count(table, by: walls.worker) == 2, "\(table), worker")
                #expect(try await walls.count(table, by: walls.owner) == 0, "\(table), owner")
            }
        }
    }

    /// Reads and writes, alone and in transactions: each carries its scope, and none leaves it on the connection.
    @Test func everyWayToTheDatabaseIsInsideTheWall() async throws {
        try await withWalls { walls in
            let all: PostgresQuery = "SELECT order_number FROM orders"
            func transaction() async throws -> [String] {
                try await walls.api.write { try await $0.query(all).map { try $0.decode(0) } }.value
            }
            func statements() async throws -> [String] {
                try await walls.api.write([all])[0].map { try $0.decode(0) }
            }
            func failing() async {
                await #expect(throws: PostgresError.self) {
                    try await walls.api.write { try await $0.query("SELECT 1/0 FROM orders") }
                }
            }
            let ada = customer(walls.ada)
            #expect(try await inside(ada) { try await transaction() } == ["W-ada"])
            #expect(try await inside(ada) { try await statements() } == ["W-ada"])
            try await inside(ada) { await failing() }
            #expect(try await transaction() == [])
            #expect(try await statements() == [])
            #expect(try await walls.api.primary.query(all).isEmpty)
        }
    }

    @Test func aStatementWithoutItsWhereChangesWhatIsOnesOwn() async throws {
        try await withWalls { walls in
            try await inside(customer(walls.ada)) {
                let changed = try await walls.api.write([
                    "UPDATE orders SET status = 'confirmed'", "DELETE FROM idempotency_keys",
                    "UPDATE cart_items SET quantity = 2",
                ])
                #expect(changed.map(\.affectedRows) == [1, 1, 1])
            }
            #expect(
                try await walls.superuser.query("SELECT order_number FROM orders WHERE status = 'confirmed'")
                    .map { try $0.decode(0, as: String.self) } == ["W-ada"]
            )
        }
    }

    @Test func nobodyPlacesAnOrderForSomebodyElse() async throws {
        try await withWalls { walls in
            func place(for user: Int64) async throws {
                _ = try await walls.api.write([
                    """
                    INSERT INTO orders (id, order_number, user_id, currency, subtotal_amount, tax_amount, shipping_amount,
                        discount_amount, total_amount, shipping_address, idempotency_key)
                    VALUES (gen_random_uuid(), 'W-new', \(user), 'EUR', 100, 0, 0, 0, 100, '{}', 'key')
                    """
                ])
            }
            let error = await #expect(throws: PostgresError.self) {
                try await inside(customer(walls.ada)) { try await place(for: walls.bob) }
            }
            #expect(error?.sqlState == "42501")
            try await inside(customer(walls.ada)) { try await place(for: walls.ada) }
        }
    }

    /// No round trip of its own: BEGIN, the scope and the first statement travel together, and so do the scope and a read.
    @Test func theScopeCostsNoRoundTrip() async throws {
        try await withWalls { walls in
            try await inside(customer(walls.ada)) {
                let before = walls.api.primary.statistics.roundTrips
                _ = try await walls.count("orders", by: walls.api)
                #expect(walls.api.primary.statistics.roundTrips - before == 1)
                _ = try await walls.api.write { try await $0.query("SELECT 1 FROM orders") }
                #expect(walls.api.primary.statistics.roundTrips - before == 3)
                _ = try await walls.api.write(["SELECT 1 FROM orders"])
                #expect(walls.api.primary.statistics.roundTrips - before == 4)
            }
        }
    }

    /// A handler as one might be written in a hurry, behind the middleware that every route has; once answering at once,
    /// once streaming after it has returned.
    @Test(arguments: [false, true])
    func aHandlerThatForgetsWhoseOrdersLeaksNone(isStreaming: Bool) async throws {
        try await withWalls { walls in
            let jwt = JWT(keys: try JWTKeys(parsing: "test:\(Random.token(bytes: 32))"), issuer: "wharf")
            let numbers: @Sendable () async throws -> [UInt8] = {
                let rows = try await walls.api.read(.primary) {
                    try await $0.query("SELECT order_number FROM orders ORDER BY order_number")
                }
                return Array(try rows.map { try $0.decode(0, as: String.self) }.joined(separator: " ").utf8)
            }
            var router = Router()
            router.get(
                "/orders",
                middleware: [Authorization(permission: .signedIn, authenticator: Authenticator(jwt: jwt))]
            ) { _ in
                if isStreaming { return Response(body: .stream { try await $0.write(try await numbers()) }) }
                return Response(body: .bytes(try await numbers()))
            }
            let responder = Responder(router: router)
            func answer(_ user: Int64, _ role: Role) async throws -> String {
                try await walls.superuser.query("UPDATE users SET role = \(role.rawValue) WHERE id = \(user)")
                let claims = JWTClaims(
                    subject: String(user),
                    use: .access,
                    role: role.rawValue,
                    issuedAt: Date(),
                    expiresAt: Date().addingTimeInterval(60),
                    id: "test"
                )
                let request = Request(
                    method: .get,
                    target: "/orders",
                    headers: ["Authorization": "Bearer \(try jwt.sign(claims))"]
                )
                return String(decoding: try await responder.respond(to: request).collected(), as: UTF8.self)
            }
            #expect(try await answer(walls.ada, .customer) == "W-ada")
            #expect(try await answer(walls.bob, .seller) == "W-bob")
            #expect(try await answer(walls.bob, .admin) == "W-ada W-bob")
        }
    }

    /// What belongs to a user or an order and can be read by the API is behind the wall, whoever adds it.
    @Test func noTableOfUsersOrOrdersStandsOutside() async throws {
        // What is asked before anybody is signed in; the shop's own ledger.
        let exempt = ["refresh_tokens", "one_time_tokens", "totp_factors", "stock_movements"]
        try await withWalls { walls in
            let open = try await walls.superuser.query(
                """
                SELECT DISTINCT c.relname::text
                FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid
                WHERE f.contype = 'f' AND f.confrelid IN ('users'::regclass, 'orders'::regclass)
                    AND has_any_column_privilege('wharf_api', c.oid, 'SELECT')
                    AND EXISTS (
                        SELECT FROM pg_attribute a
                        WHERE a.attrelid = c.oid AND a.attname IN ('user_id', 'order_id', 'order_number')
                    )
                    AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
                ORDER BY 1
                """
            ).map { try $0.decode(0, as: String.self) }
            #expect(
                open.filter { !exempt.contains($0) } == [],
                "tables without row security (migration 0012 shows how)"
            )
        }
    }
}

extension Response {
    fileprivate func collected() async throws -> [UInt8] {
        switch body {
        case .bytes(let bytes): return bytes
        case .stream(let write):
            let writer = Collector()
            try await write(writer)
            return await writer.bytes
        }
    }
}

private actor Collector: BodyWriter {
    private(set) var bytes: [UInt8] = []
    func write(_ new: [UInt8]) async throws { bytes += new }
}
