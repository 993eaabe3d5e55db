package import Foundation
package import Postgres

/// Brings a database's schema to what a folder of migrations says.
///
/// Each migration runs in a transaction of its own that also records it, or alone where it is marked so. All of it is
/// behind an advisory lock of the same session, so that programs that start at once do not run one twice.
package struct Migrator {
    package enum State: Equatable, Sendable {
        case applied(at: Date)
        case pending
        /// Its text is not the one that was applied.
        case edited(at: Date)
        /// The database has it and the folder does not.
        case unknown(at: Date)
    }

    package struct Status: Sendable {
        package let number: Int
        package let name: String
        package let state: State
    }

    private struct Record {
        let number: Int
        let name: String
        let checksum: String
        let appliedAt: Date
    }

    private let migrations: [Migration]
    private let pool: PostgresPool

    /// - Parameter pool: connects as the owner of the schema.
    package init(_ migrations: [Migration], pool: PostgresPool) {
        self.migrations = migrations
        self.pool = pool
    }

    /// Applies what is pending.
    /// - Returns: the names of the migrations applied, in order.
    /// - Throws: `MigrationError`, or what the server says; what came before has been applied.
    package func up() async throws -> [String] {
        try await locked { session in
            try await session.query(
                """
                CREATE TABLE IF NOT EXISTS schema_migrations (
                    number integer PRIMARY KEY,
                    name text NOT NULL,
                    checksum text NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT now()
                )
                """
            )
            let records = try await records(session)
            let checksums = try await checksums(session)
            try check(records, checksums)
            var applied: [String] = []
            for migration in migrations where !records.contains(where: { $0.number == migration.number }) {
                try await refuseLongLocks(of: migration, in: session)
                try await run(
                    migration.up,
                    of: migration,
                    in: session,
                    recording: """
                        INSERT INTO schema_migrations (number, name, checksum)
                        VALUES (\(migration.number), \(migration.name), \(checksums[migration.number]))
                        """
                )
                applied.append(migration.fullName)
            }
            return applied
        }
    }

    /// Undoes the newest migrations.
    /// - Returns: the names of the migrations undone, newest first.
    package func down(steps: Int) async throws -> [String] {
        try await locked { session in
            let records = try await records(session)
            try check(records, await checksums(session))
            var undone: [String] = []
            for record in records.suffix(steps).reversed() {
                guard let migration = migrations.first(where: { $0.number == record.number }) else { break }
                try await run(
                    migration.down,
                    of: migration,
                    in: session,
                    recording: "DELETE FROM schema_migrations WHERE number = \(migration.number)"
                )
                undone.append(migration.fullName)
            }
            return undone
        }
    }

    package func status() async throws -> [Status] {
        let exists = try await pool.query("SELECT to_regclass('schema_migrations') IS NOT NULL")[0].decode(
            0,
            as: Bool.self
        )
        let records = exists ? try await records(pool) : []
        let checksums = try await checksums(pool)
        let known = migrations.map { migration -> Status in
            guard let record = records.first(where: { $0.number == migration.number }) else {
                return Status(number: migration.number, name: migration.name, state: .pending)
            }
            let isSame = record.checksum == checksums[migration.number]
            let state: State = isSame ? .applied(at: record.appliedAt) : .edited(at: record.appliedAt)
            return Status(number: migration.number, name: migration.name, state: state)
        }
        let unknown = records.filter { record in !migrations.contains { $0.number == record.number } }
            .map { Status(number: $0.number, name: $0.name, state: .unknown(at: $0.appliedAt)) }
        return (known + unknown).sorted { $0.number < $1.number }
    }

    private func run(
        _ script: String,
        of migration: Migration,
        in session: PostgresLease,
        recording record: PostgresQuery
    ) async throws {
        if Migration.runsAlone(script) {
            try await dropUnfinishedIndex(of: script, in: session)
            try await session.query("\(unsafeSQL: script)")
            try await session.query(record)
            return
        }
        for _ in 1...10 {
            do {
                return try await session.transaction { transaction in
                    // A migration that rewrites rows has to see all of them, and row security binds the owner too.
                    transaction.enqueue(RowScope.everything.statement())
                    // While it waits for a lock, all who come after it wait behind it.
                    transaction.enqueue("SET LOCAL lock_timeout = '3s'")
                    try await transaction.script(unsafeSQL: script)
                    transaction.enqueue(record)
                }
            } catch let error as PostgresError where error.sqlState == "55P03" {
                try await Task.sleep(for: .seconds(1))
            }
        }
        throw MigrationError.locked(migration: migration.fullName)
    }

    /// CREATE INDEX CONCURRENTLY that was interrupted leaves an index that is not used and that `IF NOT EXISTS` takes for
    /// the whole.
    private func dropUnfinishedIndex(of script: String, in session: PostgresLease) async throws {
        let pattern = /CREATE (?:UNIQUE )?INDEX CONCURRENTLY (?:IF NOT EXISTS )?(?<index>[\w."]+) ON/.ignoresCase()
        guard let index = SQLStatement.split(script).first?.text.firstMatch(of: pattern)?.index else { return }
        let isUnfinished = try await session.query(
            "SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass(\(String(index))) AND NOT indisvalid)"
        )[0].decode(0, as: Bool.self)
        if isUnfinished { try await session.query("DROP INDEX CONCURRENTLY \(unsafeSQL: String(index))") }
    }

    private func refuseLongLocks(of migration: Migration, in session: PostgresLease) async throws {
        let findings = LockFinding.all(in: migration.up)
        if findings.isEmpty { return }
        let large = try await session.query(
            """
            SELECT name FROM unnest(\(findings.map(\.table))::text[]) AS f (name) JOIN pg_class c ON c.oid = to_regclass(name)
            WHERE c.reltuples >= \(Self.largeRows)::bigint OR pg_table_size(c.oid) >= \(Self.largeBytes)::bigint
            """
        ).map { try $0.decode(0, as: String.self) }
        let refused = findings.filter { large.contains($0.table) }
        if !refused.isEmpty { throw MigrationError.longLocks(migration: migration.fullName, refused) }
    }

    /// From here on a table is too large to be locked while a statement goes through it. Rows are the planner's estimate.
    private static let (largeRows, largeBytes) = (100_000, 64 << 20)

    private func check(_ records: [Record], _ checksums: [Int: String]) throws(MigrationError) {
        let unknown = records.filter { checksums[$0.number] == nil }
        if !unknown.isEmpty { throw .ahead(unknown.map(\.name)) }
        let edited = records.filter { checksums[$0.number] != $0.checksum }
        if !edited.isEmpty { throw .edited(edited.map(\.name)) }
    }

    /// One migrator at a time: any number will do for the lock, as long as nothing else in this database locks the same.
    ///
    /// It is asked for again and again and not waited for, since CREATE INDEX CONCURRENTLY waits for every statement that
    /// is under way, and thus for one that would wait for it.
    private func locked<Value>(_ body: (PostgresLease) async throws -> Value) async throws -> Value {
        try await pool.withConnection { session in
            while true {
                let isOurs = try await session.query("SELECT pg_try_advisory_lock(\(7_241_945_018)::bigint)")[0]
                    .decode(0, as: Bool.self)
                if isOurs { break }
                try await Task.sleep(for: .milliseconds(100))
            }
            return try await body(session)
        }
    }

    private func records(_ session: any PostgresSession) async throws -> [Record] {
        try await session.query("SELECT number, name, checksum, applied_at FROM schema_migrations ORDER BY number")
            .map { row in
                let (number, name, checksum, appliedAt) = try row.decode(Int.self, String.self, String.self, Date.self)
                return Record(number: number, name: name, checksum: checksum, appliedAt: appliedAt)
            }
    }

    /// SHA-256 of each migration's text, by its number; the server computes it.
    private func checksums(_ session: any PostgresSession) async throws -> [Int: String] {
        let rows = try await session.query(
            """
            SELECT number, encode(sha256(convert_to(text, 'UTF8')), 'hex')
            FROM unnest(\(migrations.map(\.number))::int[], \(migrations.map(\.up))::text[]) AS m (number, text)
            """
        )
        return Dictionary(uniqueKeysWithValues: try rows.map { try $0.decode(Int.self, String.self) })
    }
}

extension Migration {
    /// The name as the files carry it.
    package var fullName: String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "_" + name
    }
}
