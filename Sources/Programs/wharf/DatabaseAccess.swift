import Bootstrap
import Configuration
import Postgres

/// Runs `body` with connections of its own, as the role that the setting's URL names.
///
/// - Parameter fallback: what counts where `setting` is not set.
func withPool<Value>(
    _ setting: Setting<String>,
    or fallback: Setting<String>? = nil,
    _ body: (PostgresPool) async throws -> Value
) async throws -> Value {
    let environment = Environment()
    let url =
        if let fallback { try environment.optional(setting) ?? environment.value(fallback) } else {
            try environment.value(setting)
        }
    return try await withPool(url: url, body)
}

func withPool<Value>(url: String, _ body: (PostgresPool) async throws -> Value) async throws -> Value {
    // A migration or a bulk load takes the time it takes.
    let pool = PostgresPool(.init(url: url, size: 2, statementTimeout: nil, applicationName: "wharf"))
    let result: Result<Value, any Error>
    do { result = .success(try await body(pool)) } catch { result = .failure(error) }
    await pool.shutdown()
    return try result.get()
}
