package import Foundation
package import Postgres

/// Who replayed or dropped what, when, and what came of it: `dead_letter_audit`.
package enum DeadLetterAudit {
    package enum Action: String, Sendable { case replay, drop }

    package struct Row: Sendable {
        package let id: Int64
        package let at: Date
        package let user: String
        package let databaseRole: String
        package let action: String
        package let queue: String
        package let filter: [String: String]
        package let matched: Int
        package let moved: Int
        package let refused: Int
        package let failed: Int
        /// `nil` while it is under way, and for good when it was killed.
        package let finishedAt: Date?
    }

    /// Writes that something is about to begin.
    /// - Returns: the row's id.
    package static func begin(
        _ action: Action,
        queue: String,
        filter: [String: String],
        user: String,
        in session: some PostgresSession
    ) async throws -> Int64 {
        try await session.query(
            """
            INSERT INTO dead_letter_audit (operator, action, queue, filter)
            VALUES (\(user), \(action.rawValue), \(queue), \(PostgresJSON(filter))) RETURNING id
            """
        )[0].decode(0)
    }

    /// Notes how far it is.
    package static func note(
        _ report: DeadLetterReport,
        id: Int64,
        isFinished: Bool = false,
        in session: some PostgresSession
    ) async throws(PostgresError) {
        try await session.query(
            """
            UPDATE dead_letter_audit SET matched = \(report.matched), moved = \(report.moved),
                refused = \(report.refused), failed = \(report.failed),
                finished_at = CASE WHEN \(isFinished) THEN clock_timestamp() END
            WHERE id = \(id)
            """
        )
    }

    /// The latest first.
    package static func rows(atMost limit: Int, in session: some PostgresSession) async throws -> [Row] {
        try await session.query(
            """
            SELECT id, at, operator, database_role, action, queue, filter, matched, moved, refused, failed, finished_at
            FROM dead_letter_audit ORDER BY id DESC LIMIT \(limit)
            """
        ).map { row in
            let filter: PostgresJSON<[String: String]> = try row.decode(6)
            return Row(
                id: try row.decode(0),
                at: try row.decode(1),
                user: try row.decode(2),
                databaseRole: try row.decode(3),
                action: try row.decode(4),
                queue: try row.decode(5),
                filter: filter.value,
                matched: try row.decode(7),
                moved: try row.decode(8),
                refused: try row.decode(9),
                failed: try row.decode(10),
                finishedAt: try row.decode(11)
            )
        }
    }
}
