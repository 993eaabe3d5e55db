package import Foundation
package import Postgres

/// Brings a database's schema to what a folder of migrations says.
///
/// Each migration runs in a transaction of its own that also records it, under an advisory lock, so that programs that
/// start at once do not run one twice.
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
    package func up() async throws -> [String] {
        try await pool.transaction { transaction in
            try await lock(transaction)
            try await transaction.script(
                unsafeSQL: """
                    CREATE TABLE IF NOT EXISTS schema_migrations (
                        number integer PRIMARY KEY,
                        name text NOT NULL,
                        checksum text NOT NULL,
                        applied_at timestamptz NOT NULL DEFAULT now()
                    )
                    """
            )
        }
        var applied: [String] = []
        for migration in migrations where try await apply(migration) { applied.append(migration.fullName) }
        return applied
    }

    /// Undoes the newest migrations.
    /// - Returns: the names of the migrations undone, newest first.
    package func down(steps: Int) async throws -> [String] {
        var undone: [String] = []
        for _ in 0..<steps {
            let name = try await pool.transaction { transaction -> String? in
                try await lock(transaction)
                let records = try await records(transaction)
                try check(records, await checksums(transaction))
                guard let last = records.last, let migration = migrations.first(where: { $0.number == last.number })
                else { return nil }
                try await transaction.script(unsafeSQL: migration.down)
                transaction.enqueue("DELETE FROM schema_migrations WHERE number = \(migration.number)")
                return migration.fullName
            }
            guard let name else { break }
            undone.append(name)
        }
        return undone
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

    private func apply(_ migration: Migration) async throws -> Bool {
        try await pool.transaction { transaction in
            try await lock(transaction)
            let records = try await records(transaction)
            let checksums = try await checksums(transaction)
            try check(records, checksums)
            if records.contains(where: { $0.number == migration.number }) { return false }
            try await transaction.script(unsafeSQL: migration.up)
            transaction.enqueue(
                """
                INSERT INTO schema_migrations (number, name, checksum)
                VALUES (\(migration.number), \(migration.name), \(checksums[migration.number]))
                """
            )
            return true
        }
    }

    private func check(_ records: [Record], _ checksums: [Int: String]) throws(MigrationError) {
        let unknown = records.filter { checksums[$0.number] == nil }
        if !unknown.isEmpty { throw .ahead(unknown.map(\.name)) }
        let edited = records.filter { checksums[$0.number] != $0.checksum }
        if !edited.isEmpty { throw .edited(edited.map(\.name)) }
    }

    /// Any number will do, as long as nothing else in this database locks the same.
    ///
    /// A migration that rewrites rows has to see all of them, and row security binds the tables' owner too.
    private func lock(_ transaction: PostgresTransaction) async throws {
        transaction.enqueue(RowScope.everything.statement)
        try await transaction.query("SELECT pg_advisory_xact_lock(\(7_241_945_018)::bigint)")
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
