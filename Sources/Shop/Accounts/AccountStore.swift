import Postgres

/// The SQL of accounts and refresh tokens.
enum AccountStore {
    struct Credentials {
        var user: User
        var passwordHash: String
        var isActive: Bool
    }

    /// - Throws: `PostgresError`; a taken address violates `users_email_key`.
    static func insert(_ registration: Registration, passwordHash: String, role: Role) -> PostgresQuery {
        """
        INSERT INTO users (email, password_hash, first_name, last_name, role)
        VALUES (\(registration.email), \(passwordHash), \(registration.firstName), \(registration.lastName),
            \(role.rawValue))
        RETURNING id, email, first_name, last_name, role
        """
    }

    static func user(id: Int64) -> PostgresQuery {
        "SELECT id, email, first_name, last_name, role FROM users WHERE id = \(id) AND is_active"
    }

    static func credentials(email: String) -> PostgresQuery {
        """
        SELECT id, email, first_name, last_name, role, password_hash, is_active
        FROM users WHERE lower(email) = lower(\(email))
        """
    }

    static func setPasswordHash(_ hash: String, userID: Int64, replacing old: String) -> PostgresQuery {
        """
        UPDATE users SET password_hash = \(hash), updated_at = now()
        WHERE id = \(userID) AND password_hash = \(old)
        """
    }

    static func user(_ row: PostgresRow) throws -> User {
        let role: String = try row.decode(4)
        return User(
            id: try row.decode(0),
            email: try row.decode(1),
            firstName: try row.decode(2),
            lastName: try row.decode(3),
            role: Role(rawValue: role) ?? .customer
        )
    }

    static func credentials(_ row: PostgresRow) throws -> Credentials {
        Credentials(user: try user(row), passwordHash: try row.decode(5), isActive: try row.decode(6))
    }
}
