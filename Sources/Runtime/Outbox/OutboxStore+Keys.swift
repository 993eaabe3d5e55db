import Foundation
package import Jobs
package import Postgres

/// Jobs that are to exist once within a time.
extension OutboxStore {
    /// Writes entries in the transaction that they belong to, those with a key only where no job with that key is on its
    /// way. Without keys it costs no round trip of its own: the statement travels with the next one.
    ///
    /// - Returns: what was written. Only that may be submitted for publishing, once the transaction has committed.
    package static func add(
        _ entries: [OutboxEntry],
        to transaction: PostgresTransaction
    ) async throws(PostgresError) -> [OutboxEntry] {
        if entries.isEmpty { return [] }
        guard entries.contains(where: { $0.key != nil }) else {
            transaction.enqueue(insert(entries))
            return entries
        }
        var written: Set<String> = []
        for row in try await transaction.query(insertUnique(entries)) { written.insert(try row.decode(0)) }
        return entries.filter { written.contains($0.envelope.id) }.map(\.written)
    }

    /// Frees keys of one kind of job: from here on, the same key makes a new job. Waits for every transaction that has
    /// met one of the keys, so that what is read afterwards includes the changes of all those that added no job of their
    /// own. It is committed before that reading begins.
    package static func free<Payload: Job>(_ keys: [JobKey], of job: Payload.Type) -> PostgresQuery {
        """
        DELETE FROM job_keys WHERE key IN (
            SELECT key FROM job_keys WHERE key = ANY(\(keys.map { text($0, of: Payload.name) })::text[])
            ORDER BY key FOR UPDATE
        )
        """
    }

    /// A key that is taken and has expired is taken over; one that has not is locked all the same until the transaction
    /// ends, which is what ``free(_:of:)`` waits for. In the order of keys, or two transactions could wait for each other.
    private static func insertUnique(_ entries: [OutboxEntry]) -> PostgresQuery {
        """
        WITH entry AS MATERIALIZED (
            SELECT * FROM unnest(
                \(entries.map(\.envelope.id))::uuid[], \(entries.map(\.envelope.name))::text[],
                \(entries.map { String(decoding: $0.envelope.body, as: UTF8.self) })::text[],
                \(entries.map { OutboxHeaders.encode($0.envelope) })::text[],
                \(entries.map(\.availableAt))::timestamptz[],
                \(entries.map { entry in entry.key.map { text($0, of: entry.envelope.name) } })::text[],
                \(entries.map { entry in entry.key.map { $0.window / .seconds(1) } })::float8[]
            ) AS entry (id, job_name, body, headers, available_at, key, seconds)
        ), taken AS (
            INSERT INTO job_keys (key, job_id, expires_at)
            SELECT DISTINCT ON (key) key, id, clock_timestamp() + seconds * interval '1 second'
            FROM entry WHERE key IS NOT NULL ORDER BY key
            ON CONFLICT (key) DO UPDATE SET job_id = excluded.job_id, expires_at = excluded.expires_at
            WHERE job_keys.expires_at <= clock_timestamp()
            RETURNING job_id
        )
        INSERT INTO outbox (id, job_name, body, headers, available_at)
        SELECT id, job_name, body::json, headers::jsonb, \(unsafeSQL: availability)
        FROM entry WHERE key IS NULL OR id IN (SELECT job_id FROM taken)
        RETURNING id::text
        """
    }

    /// Jobs of different names may use the same words.
    private static func text(_ key: JobKey, of jobName: String) -> String { "\(jobName) \(key.name)" }
}
