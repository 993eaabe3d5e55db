import Postgres
import Threading
import Validation

/// The bytes of a catalog file as rows for COPY; what cannot be a row is reported and counted.
struct ImportRows<Chunks: AsyncSequence & Sendable>: AsyncSequence, Sendable where Chunks.Element == [UInt8] {
    let chunks: Chunks
    /// The caller reads it when COPY is done with the rows.
    let report: Lock<CatalogImport.Report>
    let onEvent: @Sendable (CatalogImport.Event) -> Void

    func makeAsyncIterator() -> Iterator {
        Iterator(chunks: chunks.makeAsyncIterator(), report: report, onEvent: onEvent)
    }

    struct Iterator: AsyncIteratorProtocol {
        private static var linesPerProgress: Int { 5_000 }

        private var chunks: Chunks.AsyncIterator
        private let report: Lock<CatalogImport.Report>
        private let onEvent: @Sendable (CatalogImport.Event) -> Void
        private var parser = CSVParser()
        private var positions: [Int]?
        private var isFirstChunk = true
        private var isFinished = false

        init(
            chunks: Chunks.AsyncIterator,
            report: Lock<CatalogImport.Report>,
            onEvent: @escaping @Sendable (CatalogImport.Event) -> Void
        ) {
            self.chunks = chunks
            self.report = report
            self.onEvent = onEvent
        }

        /// The rows of the next chunk that has any.
        mutating func next() async throws -> [UInt8]? {
            while !isFinished {
                var outputs: [CSVParser.Output] = []
                if let chunk = try await chunks.next(isolation: #isolation) {
                    parser.feed(withoutByteOrderMark(chunk)) { outputs.append($0) }
                } else {
                    parser.finish { outputs.append($0) }
                    isFinished = true
                }
                var rows: [UInt8] = []
                for output in outputs { rows += try row(output) }
                if isFinished, positions == nil { throw CatalogImport.Failure.emptyFile }
                if !rows.isEmpty { return rows }
            }
            return nil
        }

        /// Excel writes one before UTF-8.
        private mutating func withoutByteOrderMark(_ chunk: [UInt8]) -> ArraySlice<UInt8> {
            defer { isFirstChunk = false }
            return isFirstChunk && chunk.starts(with: [0xEF, 0xBB, 0xBF]) ? chunk.dropFirst(3) : chunk[...]
        }

        private mutating func row(_ output: CSVParser.Output) throws -> [UInt8] {
            guard let positions else {
                positions = try header(output)
                return []
            }
            let lines = report.withLock { report in
                report.lines += 1
                return report.lines
            }
            if lines.isMultiple(of: Self.linesPerProgress) { onEvent(.progress(lines: lines)) }
            switch output {
            case .malformed(let line, let reason):
                refuse(line, reason)
                return []
            case .record(let record):
                do {
                    return try ImportRow(record, positions: positions).copyText(line: record.line)
                } catch {
                    refuse(record.line, error.fields.map { "\($0.field) \($0.message)" }.joined(separator: "; "))
                    return []
                }
            }
        }

        private func refuse(_ line: Int, _ reason: String) {
            report.withLock { $0.badLines += 1 }
            onEvent(.badLine(line, reason: reason))
        }

        private func header(_ output: CSVParser.Output) throws -> [Int] {
            guard case .record(let record) = output else {
                throw CatalogImport.Failure.header(missing: ImportRow.columns, unknown: [])
            }
            let names = record.fields.map { String(decoding: $0, as: UTF8.self) }
            let missing = ImportRow.columns.filter { !names.contains($0) }
            let unknown = names.filter { !ImportRow.columns.contains($0) }
            let positions = ImportRow.columns.compactMap(names.firstIndex)
            guard missing.isEmpty, unknown.isEmpty, positions.count == names.count else {
                throw CatalogImport.Failure.header(missing: missing, unknown: unknown)
            }
            return positions
        }
    }
}

extension ImportRow {
    func copyText(line: Int) -> [UInt8] {
        CopyText.row([
            String(line), sku, name, description, Slug.make(category), category, Slug.make(brand), brand,
            String(priceAmount), currency, String(stockQuantity), imageURL, slug,
        ])
    }
}
