import Foundation
import Jobs
package import Postgres

/// The SQL of the outbox table.
package enum OutboxStore {
    /// One statement for all entries, to be run or enqueued in the transaction that they belong to. It takes no notice of
    /// keys: entries that have one go through ``add(_:to:)``.
    package static func insert(_ entries: [OutboxEntry]) -> PostgresQuery {
        """
        INSERT INTO outbox (id, job_name, body, headers, available_at)
        SELECT id, job_name, body::json, headers::jsonb, \(unsafeSQL: availability)
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
               \(OutboxHeaders.encode(entry.envelope))::jsonb,
               coalesce(\(entry.availableAt)::timestamptz, now() + interval '5 seconds')
        FROM \(unsafeSQL: condition)
        """
    }

    /// A job of a process that publishes nothing itself: due to the relay at once.
    package static func insertDue(_ entry: OutboxEntry, if condition: PostgresQuery = "true") -> PostgresQuery {
        """
        INSERT INTO outbox (id, job_name, body, headers)
        SELECT \(entry.envelope.id)::uuid, \(entry.envelope.name)::text,
               \(String(decoding: entry.envelope.body, as: UTF8.self))::json,
               \(OutboxHeaders.encode(entry.envelope))::jsonb
        WHERE \(condition)
        """
    }

    /// The process that writes a job publishes it at once, and the relay may take it when that has had its time: what is
    /// due to the relay is then one range of one index, however many rows are younger.
    static let availability = "coalesce(available_at, now() + interval '5 seconds')"

    /// Locks rows that are due. The lock is the claim: it ends with the transaction, also when the claimer is killed.
    ///
    /// The limit is part of the text: for a bound one, PostgreSQL may plan as if it were a tenth of the table.
    ///
    /// - Parameter start: a time as the last column of an earlier answer has it: rows before it are not looked at.
    static func claim(limit: Int, from start: String = beginning) -> PostgresQuery {
        """
        SELECT id::text, job_name, body::text, headers::text, created_at, available_at::text AS due
        FROM outbox
        WHERE available_at BETWEEN \(start)::timestamptz AND now()
        ORDER BY available_at
        LIMIT \(unsafeSQL: String(limit))
        FOR UPDATE SKIP LOCKED
        """
    }

    /// Before every time.
    static let beginning = "-infinity"

    /// Behind every commit that a statement before it could see.
    package static let flushedLSN: PostgresQuery = "SELECT pg_current_wal_flush_lsn()"

    static func delete(_ ids: [String], _ hold: OutboxHold) -> PostgresQuery {
        "DELETE FROM outbox WHERE id = ANY(\(ids)::uuid[])\(unsafeSQL: hold.condition)"
    }

    /// Keeps a job that has been published already. A row of that id may still be here: the one that it was published
    /// from, or the copy that an earlier delivery left. It then becomes the postponed one, unless it has run further.
    static func postpone(_ envelope: JobEnvelope, until due: Date) -> PostgresQuery {
        """
        INSERT INTO outbox (id, job_name, body, headers, available_at)
        VALUES (\(envelope.id)::uuid, \(envelope.name), \(String(decoding: envelope.body, as: UTF8.self))::json,
                \(OutboxHeaders.encode(envelope))::jsonb, \(due))
        ON CONFLICT (id) DO UPDATE
        SET headers = excluded.headers, available_at = excluded.available_at, attempts = 0, last_error = NULL
        WHERE coalesce(outbox.headers ->> '\(unsafeSQL: JobHeader.attempt)', '1')::int
            <= (excluded.headers ->> '\(unsafeSQL: JobHeader.attempt)')::int
        """
    }

    /// The broker refused these. They wait longer each time, from 2 s up to 30 s, so that none waits long once the cause
    /// is gone.
    static func fail(_ failures: [OutboxFailure], _ hold: OutboxHold) -> PostgresQuery {
        """
        UPDATE outbox
        SET attempts = attempts + 1, last_error = failure.error,
            available_at = now() + least(30, 2 ^ least(attempts + 1, 5)) * interval '1 second'
        FROM unnest(\(failures.map(\.id))::uuid[], \(failures.map(\.error))::text[]) AS failure (id, error)
        WHERE outbox.id = failure.id\(unsafeSQL: hold.condition)
        """
    }

    /// How many rows are due (counted no further than `limit`, since a count must not slow down with what it counts),
    /// and for how many seconds the one that waits longest has been.
    static func due(limit: Int) -> PostgresQuery {
        """
        SELECT count(*), coalesce(extract(epoch FROM now() - min(available_at)), 0)::float8
        FROM (
            SELECT available_at FROM outbox WHERE available_at <= now()
            ORDER BY available_at LIMIT \(unsafeSQL: String(limit))
        ) AS due
        """
    }

    static func envelope(_ row: PostgresRow) throws(PostgresError) -> JobEnvelope {
        let (id, name, body, headers, createdAt) = try row.decode(
            String.self,
            String.self,
            String.self,
            String.self,
            Date.self
        )
        return OutboxHeaders.decode(headers, id: id, name: name, body: Array(body.utf8), createdAt: createdAt)
    }
}

/// What a publisher has on the rows that it settles.
enum OutboxHold: Sendable {
    /// The relay's lock: a row is still the one that was published.
    case lock
    /// Nothing: since a job was published, it may have run and been postponed under the same id, and that row stays.
    case none

    fileprivate var condition: String {
        switch self {
        case .lock: ""
        case .none: " AND NOT headers ? '\(OutboxHeaders.queue)'"
        }
    }
}

struct OutboxFailure: Equatable, Sendable {
    let id: String
    let error: String
}
