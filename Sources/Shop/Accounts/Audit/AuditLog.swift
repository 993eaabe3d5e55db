package import Database
package import Foundation
import Postgres
package import Validation

/// Which entries of the audit log a list shows.
package struct AuditFilter: Equatable, Sendable {
    package let actorID: Int64?
    /// How the action begins: `PATCH`, or all of it.
    package let action: String?
    /// How the target begins.
    package let target: String?
    package let since: Date?

    package init(actorID: Int64? = nil, action: String? = nil, target: String? = nil, since: Date? = nil) {
        self.actorID = actorID
        self.action = action
        self.target = target
        self.since = since
    }
}

/// What staff did, for admins.
package struct AuditLog: Sendable {
    private let database: Database

    package init(database: Database) { self.database = database }

    /// Newest first, in one round trip.
    package func list(
        _ filter: AuditFilter,
        _ request: PageRequest,
        _ consistency: ReadConsistency
    ) async throws -> Page<AuditEntry> {
        let condition = Self.condition(filter)
        let answers = try await database.read(consistency) { session in
            try await session.pipeline([
                "SELECT count(*) FROM audit_log WHERE \(condition)",
                """
                SELECT id::text, created_at, actor_id, role, action, target, request_id, changes::text
                FROM audit_log WHERE \(condition)
                ORDER BY id DESC LIMIT \(request.size) OFFSET \(request.offset)
                """,
            ])
        }
        return try Page(answers[1], of: answers[0], request) { row in
            AuditEntry(
                id: try row.decode(0),
                createdAt: try row.decode(1),
                actorID: try row.decode(2),
                role: try row.decode(3),
                action: try row.decode(4),
                target: try row.decode(5),
                requestID: try row.decode(6),
                changes: try row.decode(7)
            )
        }
    }

    private static func condition(_ filter: AuditFilter) -> PostgresQuery {
        var condition: PostgresQuery = "true"
        if let actorID = filter.actorID { condition = "\(condition) AND actor_id = \(actorID)" }
        if let action = filter.action { condition = "\(condition) AND starts_with(action, \(action))" }
        if let target = filter.target { condition = "\(condition) AND starts_with(target, \(target))" }
        if let since = filter.since { condition = "\(condition) AND created_at >= \(since)" }
        return condition
    }
}
