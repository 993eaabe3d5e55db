import Foundation
import Jobs
package import Postgres

/// The SQL of the outbox table.
package enum OutboxStore {
    /// One statement for all entries, to be run or enqueued in the transaction that they belong to.
    package static func insert(_ entries: [OutboxEntry]) -> PostgresQuery {
        """
        INSERT INTO outbox (id, job_name, body, headers, available_at)
        SELECT id, job_name, body::json, headers::jsonb, coalesce(available_at, now())
        FROM unnest(\(entries.map(\.envelope.id))::uuid[], \(entries.map(\.envelope.name))::text[],
                    \(entries.map { String(decoding: $0.envelope.body, as: UTF8.self) })::text[],
                    \(entries.map { OutboxHeaders.encode($0.envelope) })::text[],
                    \(entries.map(\.availableAt))::timestamptz[])
             AS entry (id, job_name, body, headers, available_at)
        """
    }

    /// A part of a larger statement: writes the entry once for each row of the common table expression `condition`.
    package static func insert(_ entry: OutboxEntry, forEach condition: String) -> PostgresQuery {
        """
        INSERT INTO outbox (id, job_name, body, headers, available_at)
        SELECT \(entry.envelope.id)::uuid, \(entry.envelope.name),
               \(String(decoding: entry.envelope.body, as: UTF8.self))::json,
               \(OutboxHeaders.encode(entry.envelope))::jsonb, coalesce(\(entry.availableAt)::timestamptz, now())
        FROM \(unsafeSQL: condition)
        """
    }

    /// Locks rows that are due and that no publisher of the process that wrote them can still be busy with. The lock is
    /// the claim: it ends with the transaction, also when the claimer is killed.
    static func claim(limit: Int) -> PostgresQuery {
        """
        SELECT id::text, job_name, body::text, headers::text,
               CASE WHEN attempts = 0 THEN available_at ELSE created_at END
        FROM outbox
        WHERE available_at <= now() AND created_at < now() - interval '5 seconds'
        ORDER BY available_at
        LIMIT \(limit)
        FOR UPDATE SKIP LOCKED
        """
    }

    /// Behind every commit that a statement before it could see.
    static let flushedLSN: PostgresQuery = "SELECT pg_current_wal_flush_lsn()"

    static func delete(_ ids: [String]) -> PostgresQuery {
        "DELETE FROM outbox WHERE id = ANY(\(ids)::uuid[])"
    }

    /// The broker refused these. They wait longer each time, from 2 s up to 30 s, so that none waits long once the cause
    /// is gone.
    static func fail(_ failures: [OutboxFailure]) -> PostgresQuery {
        """
        UPDATE outbox
        SET attempts = attempts + 1, last_error = failure.error,
            available_at = now() + least(30, 2 ^ least(attempts + 1, 5)) * interval '1 second'
        FROM unnest(\(failures.map(\.id))::uuid[], \(failures.map(\.error))::text[]) AS failure (id, error)
        WHERE outbox.id = failure.id
        """
    }

    /// How many rows are due (counted no further than `limit`, since a count must not slow down with what it counts),
    /// and for how many seconds the one that waits longest has been.
    static func due(limit: Int) -> PostgresQuery {
        """
        SELECT count(*), coalesce(extract(epoch FROM now() - min(available_at)), 0)::float8
        FROM (SELECT available_at FROM outbox WHERE available_at <= now() ORDER BY available_at LIMIT \(limit)) AS due
        """
    }

    static func envelope(_ row: PostgresRow) throws(PostgresError) -> JobEnvelope {
        let (id, name, body, headers, enqueuedAt) = try row.decode(
            String.self,
            String.self,
            String.self,
            String.self,
            Date.self
        )
        return OutboxHeaders.decode(headers, id: id, name: name, body: Array(body.utf8), enqueuedAt: enqueuedAt)
    }
}

struct OutboxFailure: Equatable, Sendable {
    let id: String
    let error: String
}
