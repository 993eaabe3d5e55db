package import Crypto
package import Database
import Postgres

/// Makes a customer's account and signs it in.
package struct Register: Sendable {
    private let database: Database
    private let hasher: PasswordHasher
    private let tokens: TokenIssuer

    package init(database: Database, hasher: PasswordHasher, tokens: TokenIssuer) {
        self.database = database
        self.hasher = hasher
        self.tokens = tokens
    }

    /// - Throws: `AccountError.emailTaken`; `CryptoError` when too many passwords wait to be hashed.
    package func callAsFunction(
        _ registration: Registration
    ) async throws -> Committed<(user: User, tokens: TokenPair)> {
        let hash = try await hasher.hash(registration.password)
        do {
            return try await database.write { transaction in
                let rows = try await transaction.query(
                    AccountStore.insert(registration, passwordHash: hash, role: .customer)
                )
                let user = try rows.map(AccountStore.user)[0]
                let (pair, row) = try tokens.issue(for: user)
                transaction.enqueue(row)
                return (user, pair)
            }
        } catch let error as PostgresError where error.isUniqueViolation("users_email_key") {
            throw AccountError.emailTaken
        }
    }
}
