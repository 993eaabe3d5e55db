import Messages
import Outbox
import Postgres

/// Gives products a new version without changing them, when something that their documents repeat has changed.
enum ProductTouch {
    /// Locked in id order, as everywhere.
    ///
    /// - Parameter condition: over `products`.
    /// - Returns: the index jobs, which are in the outbox.
    static func all(_ condition: PostgresQuery, in transaction: PostgresTransaction) async throws -> [OutboxEntry] {
        let ids = try await transaction.query(
            """
            WITH locked AS MATERIALIZED (
                SELECT id FROM products WHERE \(condition) ORDER BY id FOR NO KEY UPDATE
            )
            UPDATE products p SET version = version + 1, updated_at = now() FROM locked WHERE p.id = locked.id
            RETURNING p.id
            """
        ).map { try $0.decode(0, as: Int64.self) }
        return try enqueue(ids, in: transaction)
    }

    /// In statements of a thousand, which travel with the next round trip.
    static func enqueue(_ ids: [Int64], in transaction: PostgresTransaction) throws -> [OutboxEntry] {
        let entries = try ids.map { try OutboxEntry(IndexProduct.index($0)) }
        for start in stride(from: 0, to: entries.count, by: 1_000) {
            transaction.enqueue(OutboxStore.insert(Array(entries[start..<min(start + 1_000, entries.count)])))
        }
        return entries
    }
}
