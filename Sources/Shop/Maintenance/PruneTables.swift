package import Database
package import Observability
import Postgres

/// Deletes rows that have served their purpose, in batches that hold no lock for long.
package struct PruneTables: Sendable {
    /// Rows of one table that may go.
    struct Rule: Sendable {
        let table: String
        /// Its primary key's columns.
        let key: String
        let condition: String
    }

    /// Why each may go, and when.
    static let rules = [
        // Clients repeat a request within minutes; README and openapi.yaml promise two days.
        Rule(
            table: "idempotency_keys",
            key: "user_id, route, key",
            condition: "created_at < now() - interval '48 hours'"
        ),
        // A message can come again as long as a job can be put off, 30 days, and then climb the rungs.
        Rule(
            table: "processed_messages",
            key: "message_id, handler",
            condition: "processed_at < now() - interval '35 days'"
        ),
        // An expired token is refused by its own date; until then a spent one tells of a theft.
        Rule(table: "refresh_tokens", key: "id", condition: "expires_at < now()"),
        // Whoever got one and never came.
        Rule(table: "order_event_tickets", key: "token_hash", condition: "expires_at < now()"),
        // Spent or not, it opens nothing any more; the secret of its mail goes with it.
        Rule(table: "one_time_tokens", key: "id", condition: "expires_at < now()"),
        // A window that has ended counts for nothing.
        Rule(table: "attempt_counts", key: "key", condition: "window_ends_at < now()"),
        Rule(table: "job_keys", key: "key", condition: "expires_at < now()"),
        // Stripe sends an event again for three days.
        Rule(
            table: "payment_events",
            key: "gateway, event_id",
            condition: "received_at < now() - interval '30 days'"
        ),
        // As long as a real gateway remembers a key.
        Rule(table: "test_gateway_calls", key: "key", condition: "created_at < now() - interval '30 days'"),
        // A cart that nobody has touched for a quarter of a year is not coming back; one that is in use stays whole.
        Rule(
            table: "cart_items",
            key: "user_id, variant_id",
            condition: """
                updated_at < now() - interval '90 days' AND NOT EXISTS (
                    SELECT FROM cart_items used WHERE used.user_id = cart_items.user_id
                    AND used.updated_at >= now() - interval '90 days'
                )
                """
        ),
        // The newest of each entry says what has been run.
        Rule(
            table: "cron_ticks",
            key: "entry, tick",
            condition: """
                tick < now() - interval '90 days'
                AND EXISTS (SELECT FROM cron_ticks newer WHERE newer.entry = cron_ticks.entry AND newer.tick > cron_ticks.tick)
                """
        ),
    ]

    private let database: Database
    private let batchSize: Int
    private let deletedRows: [String: Counter]

    /// - Parameter batchSize: rows in one transaction.
    package init(database: Database, batchSize: Int = 5_000, metrics: MetricsRegistry = .shared) {
        self.database = database
        self.batchSize = batchSize
        deletedRows = Dictionary(
            uniqueKeysWithValues: Self.rules.map { rule in
                let counter = metrics.counter(
                    "shop_pruned_rows_total",
                    help: "Rows deleted because they had served their purpose.",
                    labels: ["table": rule.table]
                )
                return (rule.table, counter)
            }
        )
    }

    /// - Returns: how many rows each table has lost.
    package func callAsFunction() async throws -> [String: Int] {
        var deleted: [String: Int] = [:]
        for rule in Self.rules {
            while true {
                try Task.checkCancellation()
                let count = try await database.primary.query(Self.delete(rule, limit: batchSize)).affectedRows
                deleted[rule.table, default: 0] += count
                deletedRows[rule.table]?.increment(by: count)
                if count < batchSize { break }
            }
        }
        return deleted
    }

    /// The condition stands twice: a row that has changed since it was chosen, such as a key that was taken again, stays.
    static func delete(_ rule: Rule, limit: Int) -> PostgresQuery {
        """
        DELETE FROM \(unsafeSQL: rule.table)
        WHERE (\(unsafeSQL: rule.key)) IN (
            SELECT \(unsafeSQL: rule.key) FROM \(unsafeSQL: rule.table) WHERE \(unsafeSQL: rule.condition)
            LIMIT \(unsafeSQL: String(limit))
        ) AND \(unsafeSQL: rule.condition)
        """
    }
}
