import Crypto
import Database
import Postgres

/// Has somebody who is signed in prove the password once more, before what a stolen access token must not do.
struct PasswordCheck: Sendable {
    let database: Database
    let hasher: PasswordHasher

    /// The attempt stays counted until ``forgive(_:)``.
    ///
    /// - Throws: `AccountError.wrongCredentials`, `.tooManyAttempts`, `.tokenOutdated` for a closed account.
    func callAsFunction(_ password: String, of userID: Int64) async throws -> AccountStore.Credentials {
        let subject = String(userID)
        let answers = try await database.write([
            AttemptLimit.password.count(subject), AccountStore.credentials("u.id = \(userID) AND u.is_active"),
        ])
        if let seconds = try AttemptLimit.password.retryAfter(answers[0]) {
            throw AccountError.tooManyAttempts(retryAfter: seconds)
        }
        guard let account = try answers[1].first.map(AccountStore.credentials) else { throw AccountError.tokenOutdated }
        guard PasswordRule.isPossible(password), try await hasher.verify(password, against: account.passwordHash) else {
            throw AccountError.wrongCredentials
        }
        return account
    }

    /// The whole of what was asked for succeeded: the attempts before it are forgiven.
    static func forgive(_ userID: Int64) -> PostgresQuery { AttemptLimit.password.forgive(String(userID)) }
}
