package import Database
package import Postgres

extension TestDatabase {
    /// Runs `body` with a migrated database of its own, as the role that workers have.
    package static func asWorker(connections: Int = 8, _ body: (Database) async throws -> Void) async throws {
        let database = try await make()
        var configuration = PostgresPool.Configuration(url: try database.workerURL, size: connections)
        // Tests queue up for connections in their hundreds.
        configuration.acquireTimeout = .seconds(60)
        let pool = PostgresPool(configuration)
        var failure: (any Error)?
        do { try await body(Database(primary: pool)) } catch { failure = error }
        await pool.shutdown()
        try await database.drop()
        if let failure { throw failure }
    }
}

extension Database {
    /// The number that a query answers with.
    package func count(_ query: PostgresQuery) async throws -> Int {
        try await primary.query(query)[0].decode(0, as: Int.self)
    }
}
