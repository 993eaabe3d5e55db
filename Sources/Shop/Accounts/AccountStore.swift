import Foundation
import Postgres

/// The SQL of accounts.
enum AccountStore {
    struct Credentials {
        var user: User
        var passwordHash: String
        var isActive: Bool
        /// Whether a second factor has to be shown too.
        var hasSecondFactor: Bool
    }

    /// What ``user(_:)`` reads, for a table named or aliased `u`.
    static let columns: PostgresQuery =
        "u.id, u.email, u.first_name, u.last_name, u.role, u.email_verified_at IS NOT NULL, u.created_at"

    /// - Throws: `PostgresError`; a taken address violates `users_email_key`.
    static func insert(_ registration: Registration, passwordHash: String, role: Role) -> PostgresQuery {
        """
        INSERT INTO users AS u (email, password_hash, first_name, last_name, role)
        VALUES (\(registration.email), \(passwordHash), \(registration.firstName), \(registration.lastName),
            \(role.rawValue))
        RETURNING \(columns)
        """
    }

    static func user(id: Int64) -> PostgresQuery {
        "SELECT \(columns) FROM users u WHERE u.id = \(id) AND u.is_active"
    }

    static func credentials(_ condition: PostgresQuery) -> PostgresQuery {
        """
        SELECT \(columns), u.password_hash, u.is_active, f.confirmed_at IS NOT NULL
        FROM users u LEFT JOIN totp_factors f ON f.user_id = u.id WHERE \(condition)
        """
    }

    static func setPasswordHash(_ hash: String, userID: Int64, replacing old: String) -> PostgresQuery {
        """
        UPDATE users SET password_hash = \(hash), updated_at = now()
        WHERE id = \(userID) AND password_hash = \(old)
        """
    }

    /// Keeps everything else of the account still until the transaction ends.
    static func lock(id: Int64) -> PostgresQuery {
        "SELECT FROM users WHERE id = \(id) AND is_active FOR NO KEY UPDATE"
    }

    static func user(_ row: PostgresRow) throws -> User {
        let role: String = try row.decode(4)
        return User(
            id: try row.decode(0),
            email: try row.decode(1),
            firstName: try row.decode(2),
            lastName: try row.decode(3),
            role: Role(rawValue: role) ?? .customer,
            isEmailVerified: try row.decode(5),
            createdAt: try row.decode(6)
        )
    }

    static func credentials(_ row: PostgresRow) throws -> Credentials {
        Credentials(
            user: try user(row),
            passwordHash: try row.decode(7),
            isActive: try row.decode(8),
            hasSecondFactor: try row.decode(9)
        )
    }
}
