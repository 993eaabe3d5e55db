package import Postgres

/// Lets one operator at a time through a dead queue, since two passes would each see a part of it.
///
/// An advisory lock of the database: it ends with its session, also when the tool is killed.
package enum DeadQueueLock {
    /// - Throws: ``DeadLetterError/busy(queue:)`` at once when somebody else has it, and what `body` throws.
    package static func with<Value>(
        _ queue: String,
        in pool: PostgresPool,
        _ body: () async throws -> Value
    ) async throws -> Value {
        try await pool.withConnection { session in
            let name = "wharf dead letters of \(queue)"
            let isOurs = try await session.query("SELECT pg_try_advisory_lock(hashtextextended(\(name), 0))")[0]
                .decode(0, as: Bool.self)
            guard isOurs else { throw DeadLetterError.busy(queue: queue) }
            // Given back in so many words: the server may take a while to notice that a session has ended. It frees the
            // lock then at the latest, so that a failure here needs no word.
            func unlock() async throws {
                _ = try await session.query("SELECT pg_advisory_unlock(hashtextextended(\(name), 0))")
            }
            do {
                let value = try await body()
                try? await unlock()
                return value
            } catch {
                try? await unlock()
                throw error
            }
        }
    }
}
