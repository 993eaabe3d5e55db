import Database
import Postgres
import TestSupport
import Testing

/// What a migrator does to a real database, beside others and against their wishes.
@Suite struct MigratorTests {
    private func migration(_ number: Int, _ up: String, down: String = "SELECT 1") -> Migration {
        Migration(number: number, name: "m\(number)", up: up, down: down)
    }

    private let table = "CREATE TABLE t (id bigint PRIMARY KEY, x bigint)"

    @Test func manyAtOnceApplyEachMigrationOnce() async throws {
        try await withEmptyDatabase(size: 6) { pool in
            let migrations =
                [migration(1, table, down: "DROP TABLE t")]
                + (2...6).map { migration($0, "INSERT INTO t VALUES (\($0))", down: "DELETE FROM t WHERE id = \($0)") }
                + [
                    migration(
                        7,
                        "-- no-transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS t_x ON t (x)",
                        down: "-- no-transaction\nDROP INDEX CONCURRENTLY IF EXISTS t_x"
                    )
                ]
            let applied = try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 1...6 { group.addTask { try await Migrator(migrations, pool: pool).up() } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(applied == (1...7).map { "000\($0)_m\($0)" })
            let migrator = Migrator(migrations, pool: pool)
            #expect(try await migrator.up() == [])
            #expect(try await migrator.down(steps: 3) == ["0007_m7", "0006_m6", "0005_m5"])
            #expect(try await pool.query("SELECT count(*) FROM t")[0].decode(0, as: Int.self) == 3)
            #expect(try await pool.query("SELECT to_regclass('t_x') IS NULL")[0].decode(0, as: Bool.self))
            #expect(try await migrator.up() == ["0005_m5", "0006_m6", "0007_m7"])
        }
    }

    @Test func aFailedMigrationLeavesNothingAndThoseBeforeItStay() async throws {
        try await withEmptyDatabase { pool in
            let migrator = Migrator(
                [
                    migration(1, table), migration(2, "INSERT INTO t VALUES (1); SELECT nonsense"),
                    migration(3, "SELECT 1"),
                ],
                pool: pool
            )
            await #expect(throws: PostgresError.self) { try await migrator.up() }
            let rows = try await pool.query("SELECT count(*) FROM t")[0].decode(0, as: Int.self)
            #expect(rows == 0)
            let pending = try await migrator.status().filter { $0.state == .pending }.map(\.number)
            #expect(pending == [2, 3])
        }
    }

    /// CREATE INDEX CONCURRENTLY fails on doubled values, and leaves an index that nothing uses.
    @Test func anIndexLeftUnfinishedIsMadeAnew() async throws {
        try await withEmptyDatabase { pool in
            let index = "-- no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_x ON t (x)"
            let migrator = Migrator([migration(1, table), migration(2, index)], pool: pool)
            _ = try await Migrator([migration(1, table)], pool: pool).up()
            try await pool.query("INSERT INTO t VALUES (1, 5), (2, 5)")
            await #expect(throws: PostgresError.self) { try await migrator.up() }
            #expect(try await pool.query("SELECT to_regclass('t_x') IS NOT NULL")[0].decode(0, as: Bool.self))
            try await pool.query("DELETE FROM t WHERE id = 2")
            #expect(try await migrator.up() == ["0002_m2"])
            let isValid = try await pool.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 't_x'::regclass")[0]
            #expect(try isValid.decode(0, as: Bool.self))
        }
    }

    @Test func aLargeTableIsNotLockedUnlessThatIsMeant() async throws {
        try await withEmptyDatabase { pool in
            _ = try await Migrator([migration(1, table)], pool: pool).up()
            let index = "CREATE INDEX t_x ON t (x)"
            try await pool.query("INSERT INTO t SELECT n, n FROM generate_series(1, 100000) n")
            try await pool.query("ANALYZE t")
            let error = await #expect(throws: MigrationError.self) {
                try await Migrator([migration(1, table), migration(2, index)], pool: pool).up()
            }
            #expect(error?.description.contains("CREATE INDEX locks t") == true)
            let marked = migration(2, "-- locks: the shop is closed\n" + index)
            #expect(try await Migrator([migration(1, table), marked], pool: pool).up() == ["0002_m2"])
        }
    }

    /// The migration waits for its lock only briefly at a time, so that others get theirs in between.
    @Test func whoeverHoldsALockIsWaitedForWithoutHoldingUpOthers() async throws {
        try await withEmptyDatabase { pool in
            _ = try await Migrator([migration(1, table)], pool: pool).up()
            let (isHeld, mayEnd) = (Gate(), Gate())
            let holding = Task {
                try await pool.transaction { transaction in
                    try await transaction.query("SELECT count(*) FROM t")
                    isHeld.open()
                    await mayEnd.opened()
                }
            }
            await isHeld.opened()
            let migrating = Task {
                try await Migrator(
                    [migration(1, table), migration(2, "ALTER TABLE t ADD COLUMN y bigint")],
                    pool: pool
                ).up()
            }
            try await eventually("the migration waits for its lock") {
                try await pool.query(
                    "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 't'::regclass AND NOT granted)"
                )[0].decode(0, as: Bool.self)
            }
            // A reader queues behind the migration, until that steps back.
            try await pool.query("SELECT count(*) FROM t")
            mayEnd.open()
            try await holding.value
            #expect(try await migrating.value == ["0002_m2"])
        }
    }
}
