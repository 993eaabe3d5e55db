import Foundation
import Postgres
import TestSupport
import Testing
import Threading

/// What happens to statements, transactions and connections when something goes wrong in the middle.
@Suite struct PostgresFaultTests {
    private struct Unwanted: Error {}

    // MARK: COMMIT

    @Test func aConstraintThatFailsAtTheImplicitCommitIsReported() async throws {
        try await withEmptyDatabase(size: 1) { pool in
            try await pool.query("CREATE TABLE t (n int CONSTRAINT once UNIQUE DEFERRABLE INITIALLY DEFERRED)")
            try await pool.query("INSERT INTO t VALUES (1)")
            let error = await #expect(throws: PostgresError.self) { try await pool.query("INSERT INTO t VALUES (1)") }
            #expect(error?.isUniqueViolation("once") == true)
            #expect(try await pool.count("t") == 1)
        }
    }

    @Test func aConstraintThatFailsAtCommitIsReported() async throws {
        try await withEmptyDatabase(size: 1) { pool in
            try await pool.query("CREATE TABLE t (n int CONSTRAINT once UNIQUE DEFERRABLE INITIALLY DEFERRED)")
            let error = await #expect(throws: PostgresError.self) {
                try await pool.transactionReturningLSN { transaction in
                    try await transaction.query("INSERT INTO t VALUES (1)")
                    transaction.enqueue("INSERT INTO t VALUES (1)")
                }
            }
            #expect(error?.isUniqueViolation("once") == true)
            #expect(try await pool.count("t") == 0)
        }
    }

    @Test func aConnectionLostDuringCommitLeavesItsOutcomeUnknown() async throws {
        try await withEmptyDatabase(size: 1) { pool in
            // COMMIT waits for this trigger, long enough to be shot.
            _ = try await pool.pipeline([
                "CREATE TABLE t (n int)",
                """
                CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$
                """,
                """
                CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON t INITIALLY DEFERRED FOR EACH ROW
                EXECUTE FUNCTION slow()
                """,
            ])
            let pid = try await pool.backend()
            let writer = Task {
                try await pool.transaction { transaction in try await transaction.query("INSERT INTO t VALUES (1)") }
            }
            try await withCluster { cluster in
                try await cluster.waitForActive(pid, running: "COMMIT")
                try await cluster.query("SELECT pg_terminate_backend(\(pid))")
            }
            let error = await #expect(throws: PostgresError.self) { try await writer.value }
            #expect(error?.code == .commitUnknown)
            #expect(error?.isRetriable == false)
            #expect(try await pool.query("SELECT 1").count == 1)
        }
    }

    // MARK: Transactions

    @Test func nothingExecutedSendsNothing() async throws {
        try await withEmptyDatabase(size: 1) { pool in
            try await pool.query("SELECT 1")
            let before = pool.statistics
            let value = try await pool.transaction { _ in 7 }
            #expect(value == 7)
            #expect(try await pool.pipeline([]).isEmpty)
            #expect(try await pool.transaction { try await $0.pipeline([]) }.isEmpty)
            #expect(pool.statistics.roundTrips == before.roundTrips)
            #expect(pool.statistics.statements == before.statements)
        }
    }

    @Test func enqueuedStatementsAloneNeedOneRoundTrip() async throws {
        try await withEmptyDatabase(size: 1) { pool in
            try await pool.query("CREATE TABLE t (n int)")
            let before = pool.statistics.roundTrips
            try await pool.transaction { transaction in
                for n in 0..<10 { transaction.enqueue("INSERT INTO t VALUES (\(n))") }
            }
            #expect(pool.statistics.roundTrips - before == 1)
            #expect(try await pool.count("t") == 10)
        }
    }

    @Test func aStatementThatCouldNotBeSentDoomsItsTransaction() async throws {
        try await withEmptyDatabase(size: 1) { pool in
            try await pool.query("CREATE TABLE t (s text)")
            let error = await #expect(throws: PostgresError.self) {
                try await pool.transaction { transaction in
                    _ = try? await transaction.query("INSERT INTO t VALUES (\("a\0b"))")
                    // Had BEGIN got lost with the statement before, this would commit by itself.
                    try await transaction.query("INSERT INTO t VALUES ('kept?')")
                }
            }
            #expect(error?.code == .transactionAborted)
            #expect(try await pool.count("t") == 0)
        }
    }

    @Test func aStatementThatOutlivesItsTransactionTakesTheConnectionWithIt() async throws {
        try await withEmptyDatabase(size: 1) { pool in
            try await pool.query("CREATE TABLE t (n int)")
            let pid = try await pool.backend()
            let escaped = Lock<Task<PostgresRows, any Error>?>(nil)
            let error = await #expect(throws: PostgresError.self) {
                try await pool.transaction { transaction in
                    try await transaction.query("INSERT INTO t VALUES (1)")
                    let task = Task { try await transaction.query("SELECT pg_sleep(60)") }
                    escaped.withLock { $0 = task }
                    try await withCluster { try await $0.waitForActive(pid, running: "SELECT pg_sleep(60)") }
                }
            }
            #expect(error?.code == .transactionAborted)
            let task = escaped.withLock { $0 }
            await #expect(throws: PostgresError.self) { try await task?.value }
            #expect(try await pool.count("t") == 0)
            #expect(try await pool.backend() != pid)
        }
    }

    @Test func aLostConnectionBeforeCommitIsRetriable() async throws {
        try await withEmptyDatabase(size: 1) { pool in
            let suicide: PostgresQuery = "SELECT pg_terminate_backend(pg_backend_pid())"
            let inside = await #expect(throws: PostgresError.self) {
                try await pool.transaction { try await $0.query(suicide) }
            }
            #expect(inside?.code == .connectionLost && inside?.isRetriable == true)
            let outside = await #expect(throws: PostgresError.self) { try await pool.query(suicide) }
            #expect(outside?.code == .connectionLost && outside?.isRetriable == false)
            let swallowed = await #expect(throws: PostgresError.self) {
                try await pool.transaction { transaction in _ = try? await transaction.query(suicide) }
            }
            #expect(swallowed?.code == .connectionLost)
        }
    }

    @Test func aCancelledTransactionLeavesNothing() async throws {
        try await withEmptyDatabase(size: 1) { pool in
            try await pool.query("CREATE TABLE t (n int)")
            let pid = try await pool.backend()
            let writer = Task {
                try await pool.transaction { transaction in
                    try await transaction.query("INSERT INTO t VALUES (1)")
                    _ = try? await transaction.query("SELECT pg_sleep(60)")
                }
            }
            try await withCluster { try await $0.waitForActive(pid, running: "SELECT pg_sleep(60)") }
            writer.cancel()
            await #expect(throws: CancellationError.self) { try await writer.value }
            #expect(try await pool.count("t") == 0)
        }
    }

    @Test func somebodysOwnBeginIsNotInherited() async throws {
        try await withEmptyDatabase(size: 1) { pool in
            try await pool.query("BEGIN")
            let pid = try await pool.backend()
            try await pool.query("BEGIN")
            #expect(try await pool.backend() != pid)
        }
    }

    // MARK: Prepared statements

    @Test func refusedStatementsLeaveNoPreparedOnesBehind() async throws {
        try await withEmptyDatabase(size: 1) { pool in
            try await pool.query("CREATE TABLE t (n int PRIMARY KEY)")
            let prepared: PostgresQuery = "SELECT count(*) FROM pg_prepared_statements"
            let insert: PostgresQuery = "INSERT INTO t VALUES (1)"
            try await pool.query(insert)
            let before: Int = try await pool.query(prepared)[0].decode(0)
            for n in 0..<20 {
                await #expect(throws: PostgresError.self) { try await pool.query(insert) }
                await #expect(throws: PostgresError.self) { try await pool.query("SELECT nowhere\(unsafeSQL: "\(n)")") }
                // The second is never reached, and not prepared on the server.
                await #expect(throws: PostgresError.self) { try await pool.pipeline([insert, "SELECT 17"]) }
            }
            #expect(try await pool.query(prepared)[0].decode(0, as: Int.self) == before)
            #expect(try await pool.query("SELECT 17").count == 1)
        }
    }

    @Test func preparedStatementsAreBounded() async throws {
        try await withEmptyDatabase(size: 1) {
            $0.preparedStatements = 4
        } _: { pool in
            let statements = (0..<20).map { PostgresQuery(unsafeSQL: "SELECT \($0)") }
            for statement in statements { try await pool.query(statement) }
            // More at once than the cache holds, each twice.
            let results = try await pool.pipeline(statements + statements)
            #expect(try results.map { try $0[0].decode(0, as: Int.self) } == Array(0..<20) + Array(0..<20))
            // Evicted statements go with the round trip that evicted them, hence the two queries that look.
            try await pool.query("SELECT 0")
            let count: Int = try await pool.query("SELECT count(*) FROM pg_prepared_statements")[0].decode(0)
            #expect(count <= 5)
            // A full cache does not keep a failed transaction from being rolled back on the same connection.
            let pid = try await pool.backend()
            await #expect(throws: PostgresError.self) {
                try await pool.transaction { try await $0.query("SELECT 1/0") }
            }
            #expect(try await pool.backend() == pid)
        }
    }

    @Test func aTableThatChangedItsShapeIsReadAnew() async throws {
        try await withEmptyDatabase(size: 1) { pool in
            try await pool.query("CREATE TABLE t (a int)")
            #expect(try await pool.query("SELECT * FROM t").columns == ["a"])
            try await pool.query("ALTER TABLE t ADD b int")
            #expect(try await pool.query("SELECT * FROM t").columns == ["a", "b"])
            try await pool.query("ALTER TABLE t ADD c int")
            let error = await #expect(throws: PostgresError.self) {
                try await pool.transaction { try await $0.query("SELECT * FROM t") }
            }
            #expect(error?.isRetriable == true)
            #expect(try await pool.transaction { try await $0.query("SELECT * FROM t").columns } == ["a", "b", "c"])
        }
    }

    // MARK: COPY

    @Test func aCopyIsCutShortWithItsTask() async throws {
        try await withEmptyDatabase(size: 1) { pool in
            try await pool.query("CREATE TABLE t (n int)")
            let rows = AsyncStream(unfolding: { CopyText.row(["1"]) })
            let pid = try await pool.backend()
            let copier = Task { try await pool.copyIn("COPY t FROM STDIN", rows: rows) }
            try await withCluster { try await $0.waitForActive(pid, running: "COPY t FROM STDIN") }
            copier.cancel()
            await #expect(throws: (any Error).self) { try await copier.value }
            #expect(try await pool.count("t") == 0)
        }
    }

    @Test func aCopyWhoseRowsFailIsUndone() async throws {
        try await withEmptyDatabase(size: 1) { pool in
            try await pool.query("CREATE TABLE t (n int)")
            let pid = try await pool.backend()
            let rows = AsyncThrowingStream<[UInt8], any Error> { continuation in
                for n in 0..<50_000 { continuation.yield(CopyText.row([String(n)])) }
                continuation.finish(throwing: Unwanted())
            }
            await #expect(throws: Unwanted.self) { try await pool.copyIn("COPY t FROM STDIN", rows: rows) }
            #expect(try await pool.count("t") == 0)
            #expect(try await pool.backend() == pid)
        }
    }

    @Test func whatIsNoCopyFromStdinIsRefused() async throws {
        try await withEmptyDatabase(size: 1) { pool in
            let none = AsyncStream<[UInt8]> { $0.finish() }
            for statement in ["SELECT 1", "COPY (SELECT 1) TO STDOUT"] {
                let error = await #expect(throws: PostgresError.self) { try await pool.copyIn(statement, rows: none) }
                #expect(error?.code == .protocolViolation)
            }
            let unknown = await #expect(throws: PostgresError.self) {
                try await pool.copyIn("COPY nowhere FROM STDIN", rows: none)
            }
            #expect(unknown?.sqlState == "42P01")
            for statement in ["COPY (SELECT 1) TO STDOUT", "COPY pg_class FROM STDIN"] {
                await #expect(throws: PostgresError.self) { try await pool.query(PostgresQuery(unsafeSQL: statement)) }
            }
            let rows = try await pool.query("SELECT 1")
            #expect(rows.count == 1)
        }
    }

    @Test func aScriptRunsWhollyOrNotAtAll() async throws {
        try await withEmptyDatabase(size: 1) { pool in
            try await pool.transaction { transaction in
                try await transaction.script(unsafeSQL: "CREATE TABLE t (n int); INSERT INTO t VALUES (1); SELECT 1;")
                try await transaction.query("INSERT INTO t VALUES (2)")
            }
            let error = await #expect(throws: PostgresError.self) {
                try await pool.transaction {
                    try await $0.script(unsafeSQL: "INSERT INTO t VALUES (3); INSERT INTO t VALUES ('x')")
                }
            }
            #expect(error?.sqlState == "22P02")
            #expect(try await pool.count("t") == 2)
        }
    }

    // MARK: Connections

    @Test func aLentConnectionIsOneSessionAndNotReused() async throws {
        try await withEmptyDatabase(size: 1) { pool in
            let (lease, pid) = try await pool.withConnection { lease in
                let pid: Int = try await lease.query("SELECT pg_backend_pid() FROM pg_advisory_lock(1)")[0].decode(0)
                try await lease.transaction { transaction in
                    let inside: Int = try await transaction.query("SELECT pg_backend_pid()")[0].decode(0)
                    #expect(inside == pid)
                }
                #expect(try await lease.query("SELECT pg_advisory_unlock(1)")[0].decode(0, as: Bool.self))
                return (lease, pid)
            }
            let error = await #expect(throws: PostgresError.self) { try await lease.query("SELECT 1") }
            #expect(error?.code == .transactionFinished)
            #expect(try await pool.backend() != pid)
        }
    }

    @Test func aServerThatIsNotThereIsNamedWithoutItsPassword() async throws {
        let events = Lock<[String]>([])
        let pool = PostgresPool(.init(url: "postgres://somebody:sekret@127.0.0.1:1/db", size: 1)) { event in
            events.withLock { $0.append("\(event)") }
        }
        let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
        #expect(error?.code == .connectFailed && error?.isRetriable == true)
        #expect(error.map { "\($0) \($0.debugDescription)".contains("sekret") } == false)
        #expect(events.withLock { $0.count } == 1)
        #expect(pool.statistics.open == 0)
        await pool.shutdown()
    }

    @Test func theNextHostIsTriedWhenTheFirstIsDown() async throws {
        let url = try TestEnvironment.databaseURL.replacingOccurrences(of: "@", with: "@127.0.0.1:1,")
        let pool = PostgresPool(.init(url: url + (url.contains("?") ? "&" : "?") + "target_session_attrs=read-write"))
        #expect(try await pool.query("SELECT 1").count == 1)
        await pool.shutdown()
    }

    @Test func noticesAreEvents() async throws {
        let notices = Lock<[(text: String, thread: String?)]>([])
        let pool = PostgresPool(.init(url: try TestEnvironment.databaseURL, size: 1)) { event in
            if case .notice(let text) = event { notices.withLock { $0.append((text, Thread.current.name)) } }
        }
        try await pool.query("DO $$ BEGIN RAISE NOTICE 'hello'; END $$")
        let notice = notices.withLock { $0.first }
        #expect(notice?.text.contains("hello") == true)
        // libpq works on the connection's thread: proof that its name can be seen where it may not be seen.
        #expect(notice?.thread == "postgres")
        await pool.shutdown()
    }

    @Test func whoWaitsIsToldWhenThePoolCloses() async throws {
        try await withEmptyDatabase(size: 1) { pool in
            let waiter = try await pool.transaction { transaction in
                try await transaction.query("SELECT 1")
                let waiter = Task { try await pool.query("SELECT 2") }
                while pool.statistics.waiting == 0 { await Task.yield() }
                await pool.shutdown()
                return waiter
            }
            let error = await #expect(throws: PostgresError.self) { try await waiter.value }
            #expect(error?.code == .poolClosed)
            #expect(pool.statistics.waits == 1 && pool.statistics.acquireWait > .zero)
            #expect(pool.statistics.open == 0)
        }
    }

    @Test func whoWaitsCanBeCancelled() async throws {
        try await withEmptyDatabase(size: 1) { pool in
            let error = try await pool.transaction { transaction in
                try await transaction.query("SELECT 1")
                let waiter = Task { try await pool.query("SELECT 2") }
                while pool.statistics.waiting == 0 { await Task.yield() }
                waiter.cancel()
                return await #expect(throws: PostgresError.self) { try await waiter.value }
            }
            #expect(error?.code == .cancelled)
            #expect(pool.statistics.waiting == 0)
        }
    }

    // MARK: Errors

    @Test func descriptionsHoldNoValues() async throws {
        try await withEmptyDatabase(size: 1) { pool in
            let refused = await #expect(throws: PostgresError.self) {
                try await pool.query("SELECT \("sekret")::text::int AS number")
            }
            #expect(refused?.description == "PostgreSQL refused a statement (SQLSTATE 22P02)")
            #expect(refused?.debugDescription.contains("sekret") == true)
            #expect(refused?.debugDescription.contains("$1::text::int") == true)

            let row = try await pool.query("SELECT 123456 AS n, 1.5 AS amount, '{\"a\": \"sekret\"}'::jsonb AS j")[0]
            let json = #expect(throws: PostgresError.self) {
                try row.decode("j", as: PostgresJSON<[String: Int]>.self)
            }
            #expect(json?.description.contains("sekret") == false)
            #expect(json?.description.hasPrefix("column 'j' cannot be read as PostgresJSON") == true)
            let numeric = #expect(throws: PostgresError.self) { try row.decode("amount", as: Int.self) }
            #expect(numeric?.description == "column 'amount' has type numeric (OID 1700), Int was asked for")
            let narrow = #expect(throws: PostgresError.self) { try row.decode("n", as: Int16.self) }
            #expect(narrow?.description == "column 'n' cannot be read as Int16")
            #expect(narrow?.detail == "123456 does not fit Int16")
        }
    }

    @Test func errorsNameWhatWasViolated() async throws {
        try await withEmptyDatabase(size: 1) { pool in
            try await pool.query("CREATE TABLE stock (units int NOT NULL CONSTRAINT not_oversold CHECK (units >= 0))")
            let check = await #expect(throws: PostgresError.self) {
                try await pool.query("INSERT INTO stock VALUES (\(-1))")
            }
            #expect(check?.sqlState == "23514" && check?.constraint == "not_oversold" && check?.table == "stock")
            let null = await #expect(throws: PostgresError.self) {
                try await pool.query("INSERT INTO stock VALUES (\(Int?.none))")
            }
            #expect(null?.sqlState == "23502" && null?.column == "units")
        }
    }
}

extension PostgresPool {
    fileprivate func count(_ table: String) async throws -> Int {
        try await query("SELECT count(*) FROM \(unsafeSQL: table)")[0].decode(0)
    }

    fileprivate func backend() async throws -> Int { try await query("SELECT pg_backend_pid()")[0].decode(0) }

    /// Returns when the backend runs this statement.
    fileprivate func waitForActive(_ pid: Int, running sql: String) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while try await query(
            "SELECT 1 FROM pg_stat_activity WHERE pid = \(pid) AND state = 'active' AND query = \(sql)"
        ).isEmpty {
            try #require(ContinuousClock.now < deadline, "the backend never ran \(sql)")
        }
    }
}

/// Runs `body` with a connection beside the pool under test.
private func withCluster(_ body: (PostgresPool) async throws -> Void) async throws {
    let cluster = PostgresPool(.init(url: try TestEnvironment.databaseURL, size: 1))
    do {
        try await body(cluster)
    } catch {
        await cluster.shutdown()
        throw error
    }
    await cluster.shutdown()
}
