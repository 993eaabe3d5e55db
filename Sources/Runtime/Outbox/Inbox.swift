package import Postgres

/// The memory of jobs whose effect cannot be recognised by the state that they changed.
package enum Inbox {
    /// Run it in the transaction that does the job: when it affects no row, the job was done before, and the handler
    /// answers `done` without doing anything.
    ///
    /// - Parameters:
    ///   - id: of the job.
    ///   - handler: whose effect it is; several handlers may take the same message.
    package static func record(_ id: String, by handler: String) -> PostgresQuery {
        "INSERT INTO processed_messages (message_id, handler) VALUES (\(id), \(handler)) ON CONFLICT DO NOTHING"
    }
}
