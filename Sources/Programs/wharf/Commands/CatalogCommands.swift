import Bootstrap
import Catalog
import Configuration
import Foundation
import Postgres

/// `wharf catalog …`: products in bulk.
enum CatalogCommands {
    static let all = [seed, importFile]

    private static let seed = Command(
        path: ["catalog", "seed"],
        summary: "Fills the shop with made-up products; running it again adds only what is missing.",
        options: [.value("products", "N", "how many made-up products there shall be (1000)")]
    ) { invocation in
        let count = try invocation.integer("products", in: 1...5_000_000, default: 1_000)
        return try await withPool(Settings.migrationDatabaseURL) { pool in
            let added = try await CatalogSeed(pool: pool).run(products: count)
            print("added \(added) products")
            return .success
        }
    }

    private static let importFile = Command(
        path: ["catalog", "import"],
        summary: "Brings a CSV file into the catalog: new SKUs are created, known ones follow the file.",
        operands: [
            .init(
                name: "FILE.csv",
                help:
                    "with the header sku,name,description,category,brand,price_amount,currency,stock_quantity,image_url"
            )
        ],
        options: [.flag("strict", "import nothing when a line is bad")]
    ) { invocation in
        let path = invocation.operands["FILE.csv"] ?? ""
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw CommandFailure("cannot read \(path): there is no such file, or it may not be read")
        }
        defer { try? file.close() }
        return try await withPool(Settings.migrationDatabaseURL) { pool in
            let isStrict = invocation.has("strict")
            do {
                let report = try await CatalogImport(pool: pool).run(FileChunks(file), isStrict: isStrict) { event in
                    switch event {
                    case .progress(let lines): complain("\(lines) lines read")
                    case .badLine(let line, let reason): complain("\(path):\(line): \(reason)")
                    }
                }
                print(
                    "\(report.lines) lines: \(report.created) created, \(report.updated) updated, "
                        + "\(report.unchanged) unchanged, \(report.badLines) bad"
                )
                return report.badLines == 0 ? .success : .failure
            } catch let failure as CatalogImport.Failure {
                throw CommandFailure("\(path): \(words(failure))")
            }
        }
    }

    private static func words(_ failure: CatalogImport.Failure) -> String {
        switch failure {
        case .emptyFile: "the file is empty"
        case .header(let missing, let unknown):
            "the first line is not the header:"
                + (missing.isEmpty ? "" : " it lacks \(missing.joined(separator: ", "))")
                + (unknown.isEmpty ? "" : " it has \(unknown.joined(separator: ", "))")
        case .badLines(let count): "\(count) bad lines, so nothing was imported (--strict)"
        }
    }
}

/// The bytes of a file in pieces.
struct FileChunks: AsyncSequence, Sendable {
    private let file: FileHandle

    init(_ file: FileHandle) { self.file = file }

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let file: FileHandle

        mutating func next() async throws -> [UInt8]? {
            guard let data = try file.read(upToCount: 1 << 16), !data.isEmpty else { return nil }
            return [UInt8](data)
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(file: file) }
}
