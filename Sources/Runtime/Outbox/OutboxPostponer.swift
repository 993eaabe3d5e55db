package import Database
package import Foundation
package import Jobs
import Postgres

/// Keeps jobs that wait longer than their queue's rungs as outbox rows, under the message's own id.
package struct OutboxPostponer: JobPostponer {
    private let database: Database

    package init(database: Database) { self.database = database }

    /// - Throws: `PostgresError`.
    package func postpone(_ envelope: JobEnvelope, until due: Date, queue: String) async throws {
        var kept = envelope
        kept.enqueuedAt = due
        kept.headers[OutboxHeaders.queue] = queue
        try await database.primary.query(OutboxStore.postpone(kept, until: due))
    }
}
