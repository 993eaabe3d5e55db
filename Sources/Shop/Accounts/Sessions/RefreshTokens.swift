package import Crypto
package import Database
import Foundation
import Postgres

/// Exchanges a refresh token for the next token pair.
///
/// A refresh token works once. One that comes back after it was spent has been copied: the whole family is revoked, so
/// that neither the thief nor the owner goes on with it.
package struct RefreshTokens: Sendable {
    private let database: Database
    private let jwt: JWT
    private let tokens: TokenIssuer

    package init(database: Database, jwt: JWT, tokens: TokenIssuer) {
        self.database = database
        self.jwt = jwt
        self.tokens = tokens
    }

    /// - Throws: `AccountError.refreshRefused`.
    package func callAsFunction(_ token: String) async throws -> Committed<TokenPair> {
        guard let claims = try? jwt.verify(token, use: .refresh), let id = UUID(uuidString: claims.id) else {
            throw AccountError.refreshRefused
        }
        let committed = try await database.write { transaction in
            try await spend(id, token, transaction)
        }
        guard let pair = committed.value else { throw AccountError.refreshRefused }
        return Committed(value: pair, lsn: committed.lsn)
    }

    /// - Returns: `nil` for a token that is refused; revoking its family is committed all the same.
    private func spend(_ id: UUID, _ token: String, _ transaction: PostgresTransaction) async throws -> TokenPair? {
        let row = try await transaction.query(
            """
            SELECT \(AccountStore.columns), t.family_id, t.token_hash, t.used_at IS NOT NULL,
                t.revoked_at IS NOT NULL OR NOT u.is_active
            FROM refresh_tokens t JOIN users u ON u.id = t.user_id
            WHERE t.id = \(id) FOR UPDATE OF t
            """
        ).first
        guard let row, try row.decode(8, as: [UInt8].self) == TokenIssuer.hash(token),
            try !row.decode(10, as: Bool.self)
        else { return nil }
        let familyID: UUID = try row.decode(7)
        if try row.decode(9, as: Bool.self) {
            transaction.enqueue(
                "UPDATE refresh_tokens SET revoked_at = now() WHERE family_id = \(familyID) AND revoked_at IS NULL"
            )
            return nil
        }
        let (pair, next) = try tokens.issue(for: try AccountStore.user(row), familyID: familyID)
        transaction.enqueue("UPDATE refresh_tokens SET used_at = now() WHERE id = \(id)")
        transaction.enqueue(next)
        return pair
    }
}
