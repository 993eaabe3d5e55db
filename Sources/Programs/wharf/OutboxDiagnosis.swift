import Foundation
import Postgres

/// The same questions about the outbox, where jobs wait for the broker. Pure.
struct OutboxDiagnosis: Equatable {
    /// Rows that have been due for some seconds.
    var rows: Int
    var oldestDue: Date?
    var lastError: String?

    static let query: PostgresQuery = """
        SELECT count(*), min(available_at), max(last_error) FROM outbox WHERE available_at < now() - interval '10 seconds'
        """

    init(_ row: PostgresRow) throws(PostgresError) {
        (rows, oldestDue, lastError) = try row.decode(Int.self, Date?.self, String?.self)
    }

    init(rows: Int, oldestDue: Date?, lastError: String?) {
        (self.rows, self.oldestDue, self.lastError) = (rows, oldestDue, lastError)
    }

    /// `nil` when nothing is stuck.
    var diagnosis: QueueDiagnosis? {
        guard rows > 0 else { return nil }
        var why = "no relay publishes its \(rows) rows"
        var fix = "start outbox-relay: wharf fleet, docker compose up -d, or kubectl scale"
        if let lastError {
            why = "\(rows) rows cannot be published: \(lastError)"
            fix =
                lastError.contains("unroutable") ? "wharf queues apply" : "wharf doctor says whether the broker answers"
        }
        return QueueDiagnosis(
            state: .stuck,
            since: oldestDue,
            why: why,
            ifYouWait: "orders are taken and stay pending; no job is lost",
            fix: fix
        )
    }
}
