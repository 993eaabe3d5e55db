import Bootstrap
import Configuration
import Database
import HTTPClient
import Search

/// `wharf search …`: the index.
enum SearchCommands {
    static let all = [reindex]

    private static let reindex = Command(
        path: ["search", "reindex"],
        summary: "Builds a new index from the whole catalog and lets searches use it; the old one answers meanwhile."
    ) { _ in
        let url = try Environment().value(Settings.searchURL)
        return try await withPool(Settings.workerDatabaseURL, or: Settings.databaseURL) { pool in
            let client = HTTPClient()
            defer { client.shutdown() }
            let index = SearchIndex(engine: SearchEngine(client: client, url: url))
            let report = try await Reindex(database: Database(primary: pool), index: index).run { products in
                complain("\(products) products indexed")
            }
            if let report { print("\(report.index) holds \(report.products) products") }
            return .success
        }
    }
}
