package import Foundation
import Jobs
import Outbox
package import Postgres

/// What has been run, in the tables `cron_entries` and `cron_ticks`.
package enum ScheduleStore {
    /// One entry's past.
    package struct Past: Sendable, Equatable {
        /// The last tick that became a job.
        package var lastTick: Date?
        /// When that job was written.
        package var lastEnqueuedAt: Date?
        /// When a scheduler saw the entry first.
        package var firstSeenAt: Date?

        package init(lastTick: Date? = nil, lastEnqueuedAt: Date? = nil, firstSeenAt: Date? = nil) {
            self.lastTick = lastTick
            self.lastEnqueuedAt = lastEnqueuedAt
            self.firstSeenAt = firstSeenAt
        }
    }

    /// The clock of the database is everybody's: those of the programs may differ.
    static let now: PostgresQuery = "SELECT clock_timestamp()"

    /// Remembers when entries were seen first.
    static func see(_ names: [String]) -> PostgresQuery {
        """
        INSERT INTO cron_entries (name) SELECT * FROM unnest(\(names)::text[])
        ON CONFLICT DO NOTHING
        """
    }

    /// One row for each of the names.
    package static func past(of names: [String]) -> PostgresQuery {
        """
        SELECT wanted.name, seen.first_seen_at, last.tick, last.enqueued_at
        FROM unnest(\(names)::text[]) AS wanted (name)
        LEFT JOIN cron_entries seen ON seen.name = wanted.name
        LEFT JOIN LATERAL (
            SELECT tick, enqueued_at FROM cron_ticks WHERE entry = wanted.name ORDER BY tick DESC LIMIT 1
        ) AS last ON true
        """
    }

    package static func pasts(_ rows: PostgresRows) throws -> [String: Past] {
        var pasts: [String: Past] = [:]
        for row in rows {
            pasts[try row.decode(0)] = Past(
                lastTick: try row.decode(2),
                lastEnqueuedAt: try row.decode(3),
                firstSeenAt: try row.decode(1)
            )
        }
        return pasts
    }

    /// The tick and its job, or neither: one statement, so that nothing can come between the two. Answers a row unless
    /// another scheduler was first.
    static func run(_ entry: ScheduleEntry, at tick: Date, as job: OutboxEntry) -> PostgresQuery {
        """
        WITH mine AS (
            INSERT INTO cron_ticks (entry, tick, job_id)
            VALUES (\(entry.name), \(tick), \(job.envelope.id)::uuid)
            ON CONFLICT DO NOTHING
            RETURNING job_id
        )
        \(OutboxStore.insertDue(job, if: "EXISTS (SELECT FROM mine)"))
        RETURNING id
        """
    }
}
