package import Foundation
import Jobs
package import Postgres

/// One thing that somebody of the staff did.
package struct AuditEntry: Sendable {
    package let id: String
    package let createdAt: Date
    package let actorID: Int64
    /// At that time.
    package let role: String
    /// Method and route, such as `PATCH /api/admin/users/{id}`.
    package let action: String
    /// The path that the route was called with.
    package let target: String
    package let requestID: String
    /// The request's body without its secrets, as JSON; `nil` where there was none.
    package let changes: String?

    init(
        id: String,
        createdAt: Date,
        actorID: Int64,
        role: String,
        action: String,
        target: String,
        requestID: String,
        changes: String?
    ) {
        self.id = id
        self.createdAt = createdAt
        self.actorID = actorID
        self.role = role
        self.action = action
        self.target = target
        self.requestID = requestID
        self.changes = changes
    }

    /// An entry for what is about to be done.
    package init(actor: Principal, action: String, target: String, requestID: String, body: [UInt8]) {
        self.init(
            id: UUIDv7().description,
            createdAt: Date(),
            actorID: actor.userID,
            role: actor.role.rawValue,
            action: action,
            target: target,
            requestID: requestID,
            changes: AuditedBody.text(of: body)
        )
    }

    /// Writes the entry. However often it is run, the entry is there once.
    package var statement: PostgresQuery {
        """
        INSERT INTO audit_log (id, actor_id, role, action, target, request_id, changes)
        VALUES (\(id)::uuid, \(actorID), \(role), \(action), \(target), \(requestID), \(changes)::jsonb)
        ON CONFLICT (id) DO NOTHING
        """
    }
}
