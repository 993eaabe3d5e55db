package import Crypto
package import Database
package import Outbox
import Postgres
import Validation

/// What the holder of a mailbox can do: prove it, move the account to another one, and set a forgotten password anew.
///
/// Whoever only names an address learns nothing: the answer, and the time it takes, are the same whether it has an account.
package struct Mailbox: Sendable {
    private let database: Database
    private let outbox: OutboxPublisher
    private let hasher: PasswordHasher
    private let checkPassword: PasswordCheck

    package init(database: Database, outbox: OutboxPublisher, hasher: PasswordHasher) {
        self.database = database
        self.outbox = outbox
        self.hasher = hasher
        checkPassword = PasswordCheck(database: database, hasher: hasher)
    }

    /// Mails a token that proves the account's address, unless that is proven or has had its mails for this hour.
    package func requestVerification(userID: Int64) async throws {
        try await send(.verifyEmail, limitedBy: String(userID), if: "u.id = \(userID) AND u.email_verified_at IS NULL")
    }

    /// Mails a token that sets a new password, if there is such an account and it has not had its mails for this hour.
    package func requestPasswordReset(email: String) async throws {
        guard EmailRule.isPossible(email) else { return }
        try await send(.resetPassword, limitedBy: email, if: "lower(u.email) = lower(\(email))")
    }

    /// Mails a token to an address that is to become the account's. One that another account has gets no mail, and the
    /// asker is not told.
    ///
    /// - Throws: `ValidationError`, and what is thrown for a wrong password.
    package func requestChange(to email: String, userID: Int64, password: String) async throws {
        var validator = Validator()
        let email = EmailRule.check(email, &validator)
        try validator.finish()
        _ = try await checkPassword(password, of: userID)
        _ = try await database.write([PasswordCheck.forgive(userID)])
        try await send(
            .changeEmail,
            limitedBy: email,
            to: email,
            if: """
                u.id = \(userID) AND NOT EXISTS (
                    SELECT FROM users other WHERE lower(other.email) = lower(\(email)) AND other.id <> u.id
                )
                """
        )
    }

    /// Takes the token of a verification, or of a change of address.
    ///
    /// - Throws: `AccountError.oneTimeTokenRefused`; `.emailTaken` where another account got the address meanwhile.
    package func verify(token: String) async throws {
        do {
            _ = try await database.write { transaction in
                let row = try await transaction.query(OneTimeToken.spend(token, [.verifyEmail, .changeEmail])).first
                guard let row else { throw AccountError.oneTimeTokenRefused }
                let (userID, purpose, email) = try row.decode(Int64.self, String.self, String.self)
                // A reset that went to the old mailbox must not open the account of the new one.
                if purpose == OneTimeToken.Purpose.changeEmail.rawValue {
                    transaction.enqueue(OneTimeToken.withdraw(userID: userID))
                }
                transaction.enqueue(
                    """
                    UPDATE users SET email = \(email), email_verified_at = now(), updated_at = now()
                    WHERE id = \(userID)
                    """
                )
            }
        } catch let error as PostgresError where error.isUniqueViolation("users_email_key") {
            throw AccountError.emailTaken
        }
    }

    /// Sets a new password by a mailed token, and ends every session. The mailbox is proven by it too.
    ///
    /// - Throws: `ValidationError`, `AccountError.oneTimeTokenRefused`; `CryptoError` when too many passwords wait.
    package func resetPassword(token: String, newPassword: String) async throws {
        var validator = Validator()
        let password = PasswordRule.check(newPassword, "new_password", &validator)
        try validator.finish()
        // A made-up token is not worth a hash's time.
        let isGood = try await database.read(.primary) { session in
            try await !session.query(OneTimeToken.look(token, [.resetPassword])).isEmpty
        }
        guard isGood else { throw AccountError.oneTimeTokenRefused }
        let hash = try await hasher.hash(password)
        _ = try await database.write { transaction in
            let row = try await transaction.query(OneTimeToken.spend(token, [.resetPassword])).first
            guard let row else { throw AccountError.oneTimeTokenRefused }
            let (userID, _, email) = try row.decode(Int64.self, String.self, String.self)
            transaction.enqueue(
                """
                UPDATE users SET password_hash = \(hash), updated_at = now(),
                    email_verified_at = coalesce(email_verified_at, now())
                WHERE id = \(userID)
                """
            )
            transaction.enqueue(OneTimeToken.withdraw(userID: userID))
            transaction.enqueue(Sessions.revoke(userID: userID))
            transaction.enqueue(AttemptLimit.account.forgive(email))
        }
    }

    /// One round trip, whether there is such an account or not.
    private func send(
        _ purpose: OneTimeToken.Purpose,
        limitedBy subject: String,
        to email: String? = nil,
        if condition: PostgresQuery
    ) async throws {
        let token = try OneTimeToken(purpose)
        let limit = AttemptLimit.mail
        let isAllowed: PostgresQuery =
            "(SELECT attempts FROM attempt_counts WHERE key = \(limit.key(subject))) <= \(limit.limit)"
        let answers = try await database.write([
            limit.count(subject), token.insert(if: "\(condition) AND \(isAllowed)", email: email),
        ])
        if !answers[1].isEmpty { outbox.submit([token.mail]) }
    }
}
