import Foundation
import Postgres
import TestSupport
import Testing

@Suite struct PostgresPoolTests {
    @Test func typesGoInAndComeOut() async throws {
        try await withEmptyDatabase { pool in
            let now = Date(timeIntervalSince1970: 1_700_000_000.123456)
            let id = UUID()
            let row = try await pool.query(
                """
                SELECT \(7)::int AS i, \(Int64.max)::bigint AS b, \(1.5)::float8 AS d, \("ü\"\\")::text AS s, \(id)::uuid AS u,
                    \(now)::timestamptz AS t, \([0, 1, 255] as [UInt8])::bytea AS raw, \(["a", "b\"c,{}"])::text[] AS texts,
                    \([1, nil] as [Int?])::bigint[] AS numbers, \(PostgresJSON(["k": 1]))::jsonb AS j, NULL::text AS n,
                    \(true)::bool AS yes, \(PostgresLSN(position: 42))::pg_lsn AS lsn
                """
            )[0]
            #expect(try row.decode("i", as: Int.self) == 7)
            #expect(try row.decode("b", as: Int64.self) == .max)
            #expect(try row.decode("d", as: Double.self) == 1.5)
            #expect(try row.decode("s", as: String.self) == "ü\"\\")
            #expect(try row.decode("u", as: UUID.self) == id)
            #expect(abs(try row.decode("t", as: Date.self).timeIntervalSince(now)) < 0.000_001)
            #expect(try row.decode("raw", as: [UInt8].self) == [0, 1, 255])
            #expect(try row.decode("texts", as: [String].self) == ["a", "b\"c,{}"])
            #expect(try row.decode("numbers", as: [Int?].self) == [1, nil])
            #expect(try row.decode("j", as: PostgresJSON<[String: Int]>.self).value == ["k": 1])
            #expect(try row.decode("n", as: String?.self) == nil)
            #expect(try row.decode("yes", as: Bool.self))
            #expect(try row.decode("lsn", as: PostgresLSN.self).position == 42)
            let (i, b) = try row.decode(Int.self, Int64.self)
            #expect(i == 7 && b == .max)
            let null = #expect(throws: PostgresError.self) { try row.decode("n", as: String.self) }
            #expect(null?.message == "column 'n' is NULL, String was asked for")
            #expect(throws: PostgresError.self) { try row.decode("s", as: Int.self) }
            #expect(throws: PostgresError.self) { try row.decode("nowhere", as: Int.self) }
        }
    }

    @Test func aTransactionOfOneReadAndOneWriteNeedsTwoRoundTrips() async throws {
        try await withEmptyDatabase(size: 1) { pool in
            try await pool.query("CREATE TABLE t (n int)")
            let before = pool.statistics.roundTrips
            let (value, lsn) = try await pool.transactionReturningLSN { transaction in
                let rows = try await transaction.pipeline(["SELECT 1", "SELECT count(*) FROM t"])
                transaction.enqueue("INSERT INTO t VALUES (\(1))")
                transaction.enqueue("INSERT INTO t VALUES (\(2))")
                return try rows[1][0].decode(0, as: Int.self)
            }
            #expect(value == 0)
            #expect(lsn.position > 0)
            #expect(pool.statistics.roundTrips - before == 2)
            #expect(try await pool.query("SELECT count(*) FROM t")[0].decode(0, as: Int.self) == 2)
        }
    }

    @Test func aThrowingBodyRollsBack() async throws {
        struct Changed: Error {}
        try await withEmptyDatabase(size: 1) { pool in
            try await pool.query("CREATE TABLE t (n int PRIMARY KEY)")
            await #expect(throws: Changed.self) {
                try await pool.transaction { transaction in
                    try await transaction.query("INSERT INTO t VALUES (1)")
                    throw Changed()
                }
            }
            let aborted = await #expect(throws: PostgresError.self) {
                try await pool.transaction { transaction in
                    try await transaction.query("INSERT INTO t VALUES (1)")
                    _ = try? await transaction.query("INSERT INTO t VALUES (1)")
                }
            }
            #expect(aborted?.code == .transactionAborted)
            let duplicate = await #expect(throws: PostgresError.self) {
                try await pool.transaction { transaction in
                    transaction.enqueue("INSERT INTO t VALUES (1)")
                    transaction.enqueue("INSERT INTO t VALUES (1)")
                }
            }
            #expect(duplicate?.isUniqueViolation("t_pkey") == true)
            #expect(duplicate?.description.contains("INSERT") == false)
            #expect(try await pool.query("SELECT count(*) FROM t")[0].decode(0, as: Int.self) == 0)
        }
    }

    @Test func aTransactionCannotOutliveItsClosure() async throws {
        try await withEmptyDatabase { pool in
            let escaped = try await pool.transaction { $0 }
            let error = await #expect(throws: PostgresError.self) { try await escaped.query("SELECT 1") }
            #expect(error?.code == .transactionFinished)
        }
    }

    @Test func bodiesNeverRunOnAConnectionsThread() async throws {
        try await withEmptyDatabase { pool in
            let names = try await pool.transaction { transaction in
                let before = threadName()
                try await transaction.query("SELECT 1")
                return [before, threadName()]
            }
            #expect(!names.contains("postgres\n"))
        }
    }

    @Test func anExhaustedPoolSaysSo() async throws {
        try await withEmptyDatabase(size: 1) {
            $0.acquireTimeout = .milliseconds(50)
            $0.maximumWaiters = 1
        } _: { pool in
            let error = try await pool.transaction { transaction in
                try await transaction.query("SELECT 1")
                return await #expect(throws: PostgresError.self) { try await pool.query("SELECT 2") }
            }
            #expect(error?.code == .poolExhausted)
            #expect(error?.message.contains("all 1 database connections are in use") == true)
            #expect(try await pool.query("SELECT 3").count == 1)
        }
    }

    @Test func aLostConnectionIsReplaced() async throws {
        try await withEmptyDatabase(size: 2) { pool in
            let lost = await #expect(throws: PostgresError.self) {
                try await pool.query("SELECT pg_terminate_backend(pg_backend_pid())")
            }
            #expect(lost?.code == .connectionLost)
            let pid = try await pool.query("SELECT pg_backend_pid()")[0].decode(0, as: Int.self)
            // Ended while idle: the next caller does not even notice.
            let cluster = PostgresPool(.init(url: try TestEnvironment.databaseURL, size: 1))
            try await cluster.query("SELECT pg_terminate_backend(\(pid), 5000)")
            await cluster.shutdown()
            #expect(try await pool.query("SELECT 1").count == 1)
        }
    }

    @Test func aCancelledTaskStopsItsStatement() async throws {
        try await withEmptyDatabase(size: 2) { pool in
            let sleeper = Task { try await pool.query("SELECT pg_sleep(60) /* sleeper */") }
            let running: PostgresQuery =
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%/* sleeper */' AND state = 'active' AND pid <> pg_backend_pid()"
            while try await pool.query(running)[0].decode(0, as: Int.self) == 0 { await Task.yield() }
            sleeper.cancel()
            let outcome = await sleeper.result
            guard case .failure(let error as PostgresError) = outcome else {
                Issue.record("was not cancelled: \(outcome)")
                return
            }
            #expect(error.code == .cancelled)
            while try await pool.query(running)[0].decode(0, as: Int.self) > 0 { await Task.yield() }
        }
    }

    @Test func statementTimeoutsAreNamed() async throws {
        try await withEmptyDatabase(size: 1) {
            $0.statementTimeout = .milliseconds(50)
        } _: { pool in
            let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT pg_sleep(30)") }
            #expect(error?.code == .timeout)
        }
    }

    @Test func copyLoadsAndUndoes() async throws {
        try await withEmptyDatabase(size: 1) { pool in
            try await pool.query("CREATE TABLE t (n int PRIMARY KEY, s text)")
            let rows = AsyncStream { continuation in
                for n in 0..<20_000 { continuation.yield(CopyText.row([String(n), n % 2 == 0 ? "a\tb\\" : nil])) }
                continuation.finish()
            }
            #expect(try await pool.copyIn("COPY t FROM STDIN", rows: rows) == 20_000)
            #expect(
                try await pool.query("SELECT count(*) FROM t WHERE s = \("a\tb\\")")[0].decode(0, as: Int.self)
                    == 10_000
            )
            let bad = AsyncStream { continuation in
                continuation.yield(CopyText.row(["x", "y"]))
                continuation.finish()
            }
            await #expect(throws: PostgresError.self) { try await pool.copyIn("COPY t FROM STDIN", rows: bad) }
            await #expect(throws: PostgresError.self) { try await pool.copyIn("SELECT 1", rows: bad) }
            #expect(try await pool.query("SELECT count(*) FROM t")[0].decode(0, as: Int.self) == 20_000)
        }
    }

    @Test func bigPipelinesDoNotDeadlock() async throws {
        try await withEmptyDatabase(size: 1) { pool in
            let text = String(repeating: "x", count: 10_000)
            let results = try await pool.pipeline((0..<2_000).map { _ in "SELECT \(text)::text" })
            #expect(results.count == 2_000)
            #expect(try results[1_999][0].decode(0, as: String.self).utf8.count == 10_000)
        }
    }

    @Test func manyCallersShareFewConnections() async throws {
        try await withEmptyDatabase(size: 3) {
            $0.acquireTimeout = .seconds(120)
        } _: { pool in
            let sum = try await withThrowingTaskGroup(of: Int.self) { group in
                for n in 1...500 {
                    group.addTask { try await pool.query("SELECT \(n)::int")[0].decode(0, as: Int.self) }
                }
                return try await group.reduce(0, +)
            }
            #expect(sum == 500 * 501 / 2)
            #expect(pool.statistics.open <= 3)
        }
    }
}

private func threadName() -> String? { try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8) }
