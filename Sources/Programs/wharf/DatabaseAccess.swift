import Bootstrap
import Postgres

/// Runs `body` with one connection of its own, as the role that the setting's URL names.
func withPool<Value>(_ setting: Setting<String>, _ body: (PostgresPool) async throws -> Value) async throws -> Value {
    let url = try Environment().value(setting)
    // A migration or a bulk load takes the time it takes.
    let pool = PostgresPool(.init(url: url, size: 2, statementTimeout: nil, applicationName: "wharf"))
    let result: Result<Value, any Error>
    do { result = .success(try await body(pool)) } catch { result = .failure(error) }
    await pool.shutdown()
    return try result.get()
}
