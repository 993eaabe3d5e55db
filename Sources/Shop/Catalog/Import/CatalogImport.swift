package import Postgres
import Threading

/// Brings a catalog file into the database: new SKUs become products, known ones follow the file.
///
/// The file streams through COPY into a staging table and is compared there, in one transaction: products that already
/// say what the file says are not touched, so that running an import twice changes nothing and indexes nothing.
package struct CatalogImport: Sendable {
    package enum Event: Sendable {
        /// Lines read so far; once for each few thousand.
        case progress(lines: Int)
        case badLine(Int, reason: String)
    }

    package struct Report: Equatable, Sendable {
        package var lines = 0
        package var badLines = 0
        package var created = 0
        package var updated = 0
        package var unchanged = 0
    }

    package enum Failure: Error, Equatable {
        case emptyFile
        case header(missing: [String], unknown: [String])
        /// `isStrict`, and this many lines were bad: nothing was imported.
        case badLines(Int)
    }

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// - Parameters:
    ///   - chunks: the file's bytes, cut anywhere.
    ///   - isStrict: import nothing when any line is bad.
    /// - Throws: `Failure`, `PostgresError`, and what `chunks` throws.
    package func run<Chunks: AsyncSequence & Sendable>(
        _ chunks: Chunks,
        isStrict: Bool = false,
        onEvent: @escaping @Sendable (Event) -> Void
    ) async throws -> Report where Chunks.Element == [UInt8] {
        try await pool.transaction { transaction in
            try await transaction.query(ImportStatements.createStaging)
            let read = Lock(Report())
            let rows = ImportRows(chunks: chunks, report: read, onEvent: onEvent)
            try await transaction.copyIn(ImportStatements.copy, rows: rows)
            var report = read.withLock { $0 }
            try await refuse(ImportStatements.takeRepeatedSKUs, "the SKU stands on an earlier line too", transaction) {
                onEvent($0)
                report.badLines += 1
            }
            try await transaction.query(ImportStatements.findVariants)
            try await refuse(
                ImportStatements.takeManyVariantProducts,
                "the SKU belongs to a product with several variants, which one line cannot describe",
                transaction
            ) {
                onEvent($0)
                report.badLines += 1
            }
            if isStrict, report.badLines > 0 { throw Failure.badLines(report.badLines) }
            let changed = try await upsert(&report, transaction)
            _ = try ProductTouch.enqueue(changed, in: transaction)
            return report
        }
    }

    private func refuse(
        _ statement: PostgresQuery,
        _ reason: String,
        _ transaction: PostgresTransaction,
        _ onBadLine: (Event) -> Void
    ) async throws {
        let lines = try await transaction.query(statement).map { try $0.decode(0, as: Int64.self) }
        for line in lines.sorted() { onBadLine(.badLine(Int(line), reason: reason)) }
    }

    /// - Returns: the products that are new or different.
    private func upsert(_ report: inout Report, _ transaction: PostgresTransaction) async throws -> [Int64] {
        for statement in ImportStatements.prepare { transaction.enqueue(statement) }
        let created = try await transaction.query(ImportStatements.insertProducts).map {
            try $0.decode(0, as: Int64.self)
        }
        for statement in ImportStatements.insertParts { transaction.enqueue(statement) }
        let updated = try await transaction.query(ImportStatements.updateProducts).map {
            try $0.decode(0, as: Int64.self)
        }
        for statement in ImportStatements.updateParts { transaction.enqueue(statement) }
        report.created = created.count
        report.updated = updated.count
        report.unchanged = report.lines - report.badLines - created.count - updated.count
        return created + updated
    }
}
