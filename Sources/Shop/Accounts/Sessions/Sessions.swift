package import Crypto
package import Database
import Foundation
import Postgres

/// Ends sessions: families of refresh tokens that each began with a sign-in. Access tokens run out by themselves, within
/// the hour.
package struct Sessions: Sendable {
    private let database: Database
    private let jwt: JWT

    package init(database: Database, jwt: JWT) {
        self.database = database
        self.jwt = jwt
    }

    /// Ends the session that the refresh token belongs to, or every session of its account. A session that has ended
    /// already stays so: that is no error.
    ///
    /// - Throws: `AccountError.refreshRefused` for what is no refresh token of ours.
    package func end(of token: String, everywhere: Bool) async throws {
        guard let claims = try? jwt.verify(token, use: .refresh), let id = UUID(uuidString: claims.id) else {
            throw AccountError.refreshRefused
        }
        let column: PostgresQuery = everywhere ? "user_id" : "family_id"
        _ = try await database.write([
            """
            UPDATE refresh_tokens SET revoked_at = now()
            WHERE revoked_at IS NULL AND \(column) = (
                SELECT \(column) FROM refresh_tokens WHERE id = \(id) AND token_hash = \(TokenIssuer.hash(token))
            )
            """
        ])
    }

    /// Revokes every session of an account but one.
    static func revoke(userID: Int64, except sessionID: UUID? = nil) -> PostgresQuery {
        """
        UPDATE refresh_tokens SET revoked_at = now()
        WHERE user_id = \(userID) AND revoked_at IS NULL AND family_id IS DISTINCT FROM \(sessionID)::uuid
        """
    }
}
