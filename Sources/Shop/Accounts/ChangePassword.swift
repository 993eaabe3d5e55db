package import Crypto
package import Database
package import Foundation
import Postgres
import Validation

/// Sets another password for an account whose old one is known, and ends its other sessions.
package struct ChangePassword: Sendable {
    private let database: Database
    private let hasher: PasswordHasher
    private let checkPassword: PasswordCheck

    package init(database: Database, hasher: PasswordHasher) {
        self.database = database
        self.hasher = hasher
        checkPassword = PasswordCheck(database: database, hasher: hasher)
    }

    /// - Parameter sessionID: the session that stays.
    /// - Throws: `ValidationError`, `AccountError.wrongCredentials`, `.tooManyAttempts`; `CryptoError` when too many
    ///   passwords wait to be checked.
    package func callAsFunction(userID: Int64, sessionID: UUID?, old: String, new: String) async throws {
        var validator = Validator()
        let new = PasswordRule.check(new, "new_password", &validator)
        validator.require(new != old, "new_password", "must differ from the old one")
        try validator.finish()
        let account = try await checkPassword(old, of: userID)
        let hash = try await hasher.hash(new)
        let answers = try await database.write([
            AccountStore.setPasswordHash(hash, userID: userID, replacing: account.passwordHash),
            Sessions.revoke(userID: userID, except: sessionID), OneTimeToken.withdrawResets(userID: userID),
            PasswordCheck.forgive(userID),
        ])
        // Two changes at once: the second one's old password is no longer right.
        if answers[0].affectedRows == 0 { throw AccountError.wrongCredentials }
    }
}
