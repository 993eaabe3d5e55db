import Foundation
package import Postgres

/// Runs `body` with a pool on a new, empty database of its own, and drops the database afterwards.
package func withEmptyDatabase(
    size: Int = 4,
    _ configure: (inout PostgresPool.Configuration) -> Void = { _ in },
    _ body: (PostgresPool) async throws -> Void
) async throws {
    let name = "test_" + UUID().uuidString.lowercased().replacingOccurrences(of: "-", with: "")
    let cluster = PostgresPool(.init(url: try TestEnvironment.databaseURL, size: 1, statementTimeout: nil))
    try await cluster.query("CREATE DATABASE \(unsafeSQL: name)")
    var configuration = PostgresPool.Configuration(
        url: try TestEnvironment.url(TestEnvironment.databaseURL, database: name),
        size: size
    )
    configure(&configuration)
    let pool = PostgresPool(configuration)
    var failure: (any Error)?
    do { try await body(pool) } catch { failure = error }
    await pool.shutdown()
    try await cluster.query("DROP DATABASE \(unsafeSQL: name) WITH (FORCE)")
    await cluster.shutdown()
    if let failure { throw failure }
}
