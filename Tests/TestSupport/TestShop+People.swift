package import Accounts
import Crypto
import Foundation
import Postgres

/// An account of a test, with a token that opens the routes for it.
package struct Person: Sendable {
    package let id: Int64
    package let email: String
    package let role: Role
    package let token: String

    /// Everybody's.
    package static let password = "correct horse battery"
}

extension TestShop {
    /// The secret that the shop's tokens are signed with.
    package static let jwtKeys = "test:" + String(repeating: "0123456789abcdef", count: 4)

    /// Makes an account by SQL, as a registration would leave it once its mail was answered: no job waits for it, and no
    /// password is hashed for it.
    package func person(
        _ role: Role = .customer,
        email: String = "\(UUID().uuidString.lowercased())@example.com"
    ) async throws -> Person {
        let rows = try await pool.query(
            """
            INSERT INTO users (email, password_hash, first_name, last_name, role, email_verified_at)
            VALUES (\(email), \(try await PasswordOfAll.hash.value), 'Ada', 'Lovelace', \(role.rawValue), now())
            RETURNING id
            """
        )
        let id: Int64 = try rows[0].decode(0)
        return Person(id: id, email: email, role: role, token: try Self.token(id, role))
    }

    /// An access token as signing in gives it.
    package static func token(_ userID: Int64, _ role: Role) throws -> String {
        try JWT(keys: JWTKeys(parsing: jwtKeys), issuer: "wharf").sign(
            JWTClaims(
                subject: String(userID),
                use: .access,
                role: role.rawValue,
                issuedAt: Date(),
                expiresAt: Date() + 3_600
            )
        )
    }

    /// A customer's access token.
    package func customer(email: String = "\(UUID().uuidString.lowercased())@example.com") async throws -> String {
        try await person(email: email).token
    }

    /// Closes the account behind its owner's back, as an admin does; its tokens are still out.
    package func deactivate(_ person: Person) async throws {
        try await pool.query("UPDATE users SET is_active = false WHERE id = \(person.id)")
    }
}

/// Hashed once in a test run.
private enum PasswordOfAll {
    static let hash = Task { try await PasswordHasher().hash(Person.password) }
}
