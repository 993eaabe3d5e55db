package import Database
import Postgres
package import Validation

/// All accounts, for admins.
package struct UserDirectory: Sendable {
    private let database: Database

    package init(database: Database) { self.database = database }

    /// Newest first, in one round trip.
    package func list(
        _ filter: UserFilter,
        _ request: PageRequest,
        _ consistency: ReadConsistency
    ) async throws -> Page<UserRecord> {
        let condition = Self.condition(filter)
        let answers = try await database.read(consistency) { session in
            try await session.pipeline([
                "SELECT count(*) FROM users u WHERE \(condition)",
                """
                \(Self.select) WHERE \(condition)
                ORDER BY u.id DESC LIMIT \(request.size) OFFSET \(request.offset)
                """,
            ])
        }
        return try Page(answers[1], of: answers[0], request, Self.decode)
    }

    /// - Throws: `AccountError.userNotFound`.
    package func user(_ id: Int64, _ consistency: ReadConsistency) async throws -> UserRecord {
        let found = try await database.read(consistency) { session in
            try await session.query("\(Self.select) WHERE u.id = \(id)").first.map(Self.decode)
        }
        guard let found else { throw AccountError.userNotFound }
        return found
    }

    /// Gives the account another role, or opens and closes it; what is `nil` stays. Either ends its sessions, so that no
    /// token goes on saying what no longer holds.
    ///
    /// - Throws: `AccountError.userNotFound`, `.ownAccount`, `.accountDeleted`.
    package func change(
        _ id: Int64,
        role: Role?,
        isActive: Bool?,
        by adminID: Int64
    ) async throws -> Committed<UserRecord> {
        if id == adminID { throw AccountError.ownAccount }
        return try await database.write { transaction in
            let current = try await transaction.query(
                "SELECT role, is_active, deleted_at IS NOT NULL FROM users WHERE id = \(id) FOR NO KEY UPDATE"
            ).first
            guard let current else { throw AccountError.userNotFound }
            let (oldRole, wasActive, isDeleted) = try current.decode(String.self, Bool.self, Bool.self)
            if isDeleted { throw AccountError.accountDeleted }
            let newRole = role?.rawValue ?? oldRole
            let newActive = isActive ?? wasActive
            if newRole != oldRole || newActive != wasActive {
                transaction.enqueue(
                    """
                    UPDATE users SET role = \(newRole), is_active = \(newActive), updated_at = now()
                    WHERE id = \(id)
                    """
                )
                transaction.enqueue(Sessions.revoke(userID: id))
            }
            return try Self.decode(try await transaction.query("\(Self.select) WHERE u.id = \(id)")[0])
        }
    }

    private static let select: PostgresQuery = """
        SELECT \(AccountStore.columns), u.is_active, f.confirmed_at IS NOT NULL, u.deleted_at
        FROM users u LEFT JOIN totp_factors f ON f.user_id = u.id
        """

    private static func condition(_ filter: UserFilter) -> PostgresQuery {
        var condition: PostgresQuery = "true"
        if let role = filter.role { condition = "\(condition) AND u.role = \(role.rawValue)" }
        if let isActive = filter.isActive { condition = "\(condition) AND u.is_active = \(isActive)" }
        if let text = filter.text {
            let pattern = "%\(text.replacing(/[\\%_]/) { "\\" + $0.output })%"
            condition = """
                \(condition) AND (u.email ILIKE \(pattern) OR u.first_name || ' ' || u.last_name ILIKE \(pattern))
                """
        }
        return condition
    }

    private static func decode(_ row: PostgresRow) throws -> UserRecord {
        UserRecord(
            user: try AccountStore.user(row),
            isActive: try row.decode(7),
            hasSecondFactor: try row.decode(8),
            deletedAt: try row.decode(9)
        )
    }
}
