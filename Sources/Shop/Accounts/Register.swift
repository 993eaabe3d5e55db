package import Crypto
package import Database
package import Outbox
import Postgres

/// Makes a customer's account, signs it in, and has its address proven by a mail.
package struct Register: Sendable {
    private let database: Database
    private let outbox: OutboxPublisher
    private let hasher: PasswordHasher
    private let tokens: TokenIssuer

    package init(database: Database, outbox: OutboxPublisher, hasher: PasswordHasher, tokens: TokenIssuer) {
        self.database = database
        self.outbox = outbox
        self.hasher = hasher
        self.tokens = tokens
    }

    /// - Throws: `AccountError.emailTaken`; `CryptoError` when too many passwords wait to be hashed.
    package func callAsFunction(
        _ registration: Registration
    ) async throws -> Committed<(user: User, tokens: TokenPair)> {
        let hash = try await hasher.hash(registration.password)
        let token = try OneTimeToken(.verifyEmail)
        do {
            let registered = try await database.write { transaction in
                let rows = try await transaction.query(
                    AccountStore.insert(registration, passwordHash: hash, role: .customer)
                )
                let user = try rows.map(AccountStore.user)[0]
                let (pair, row) = try tokens.issue(for: user)
                transaction.enqueue(row)
                transaction.enqueue(token.insert(if: "u.id = \(user.id)"))
                return (user: user, tokens: pair)
            }
            outbox.submit([token.mail], lsn: registered.lsn)
            return registered
        } catch let error as PostgresError where error.isUniqueViolation("users_email_key") {
            throw AccountError.emailTaken
        }
    }
}
