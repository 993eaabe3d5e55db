package import Crypto
package import Database
import Postgres

/// Exchanges an address and a password for a token pair.
package struct SignIn: Sendable {
    private let database: Database
    private let hasher: PasswordHasher
    private let tokens: TokenIssuer
    /// The hash of a password that nobody has. An unknown address is checked against it, so that it takes as long to
    /// refuse as a wrong password.
    private let nobodysHash: String

    package init(database: Database, hasher: PasswordHasher, tokens: TokenIssuer) async throws {
        self.database = database
        self.hasher = hasher
        self.tokens = tokens
        nobodysHash = try await hasher.hash(Random.token(bytes: 32))
    }

    /// - Throws: `AccountError.wrongCredentials`; `CryptoError` when too many passwords wait to be checked.
    package func callAsFunction(email: String, password: String) async throws -> Committed<TokenPair> {
        // What no account can have is not worth a hash's time; both are refused alike, known address or not.
        guard password.utf8.count <= PasswordRule.length.upperBound * 4, email.utf8.count <= 254 else {
            throw AccountError.wrongCredentials
        }
        // The primary: who has just registered may sign in.
        let found = try await database.read(.primary) { session in
            try await session.query(AccountStore.credentials(email: email)).first.map(AccountStore.credentials)
        }
        let isRight = try await hasher.verify(password, against: found?.passwordHash ?? nobodysHash)
        guard let found, isRight, found.isActive else { throw AccountError.wrongCredentials }
        let newHash = hasher.needsRehash(found.passwordHash) ? try await hasher.hash(password) : nil
        return try await database.write { transaction in
            if let newHash {
                transaction.enqueue(
                    AccountStore.setPasswordHash(newHash, userID: found.user.id, replacing: found.passwordHash)
                )
            }
            let (pair, row) = try tokens.issue(for: found.user)
            transaction.enqueue(row)
            return pair
        }
    }
}
