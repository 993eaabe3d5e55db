import Foundation
import Jobs

/// Asks for a picture's line in the catalog.
public struct CatalogImage: Job {
    public static let name = "images.catalog"
    let file: String
}

/// Writes the catalog once for many pictures. Idempotent by state: a picture has one entry, however often it is written.
public actor CatalogImageHandler: BatchJobHandler {
    public let maximumBatch = 100
    public let maximumWait = Duration.milliseconds(200)
    let folder: URL

    public init(folder: URL) { self.folder = folder }

    public func handle(_ batch: [BatchItem<CatalogImage>]) async throws -> [Outcome] {
        let catalog = folder.appending(path: "catalog.json")
        let written = try? Data(contentsOf: catalog)
        var sizes = try written.map { try JSONDecoder().decode([String: [Int]].self, from: $0) } ?? [:]
        let outcomes = batch.map { item in
            do throws(GraymapError) {
                sizes[item.payload.file] = try Graymap(contentsOf: folder.appending(path: item.payload.file)).size
                return Outcome.done
            } catch {
                return error.outcome
            }
        }
        try JSONEncoder().encode(sizes).write(to: catalog, options: .atomic)
        return outcomes
    }
}
