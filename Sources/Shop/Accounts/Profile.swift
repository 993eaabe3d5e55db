package import Crypto
package import Database
import Postgres
import Validation

/// The account that a request belongs to: read, renamed, closed.
package struct Profile: Sendable {
    private let database: Database
    private let hasher: PasswordHasher
    private let checkPassword: PasswordCheck

    package init(database: Database, hasher: PasswordHasher) {
        self.database = database
        self.hasher = hasher
        checkPassword = PasswordCheck(database: database, hasher: hasher)
    }

    /// - Returns: `nil` when the account is closed.
    package func callAsFunction(_ userID: Int64, _ consistency: ReadConsistency = .any) async throws -> User? {
        try await database.read(consistency) { session in
            try await session.query(AccountStore.user(id: userID)).first.map(AccountStore.user)
        }
    }

    /// A name that is `nil` stays.
    ///
    /// - Throws: `ValidationError`, `AccountError.tokenOutdated` for a closed account.
    package func rename(_ userID: Int64, firstName: String?, lastName: String?) async throws -> Committed<User> {
        var validator = Validator()
        let firstName = firstName.map { NameRule.check($0, "first_name", &validator) }
        let lastName = lastName.map { NameRule.check($0, "last_name", &validator) }
        try validator.finish()
        return try await database.write { transaction in
            let row = try await transaction.query(
                """
                UPDATE users u SET first_name = coalesce(\(firstName), first_name),
                    last_name = coalesce(\(lastName), last_name), updated_at = now()
                WHERE id = \(userID) AND is_active RETURNING \(AccountStore.columns)
                """
            ).first
            guard let row else { throw AccountError.tokenOutdated }
            return try AccountStore.user(row)
        }
    }

    /// Closes the account for good: nobody can tell any more whose it was. Its orders stay, with what was sold and where it
    /// went, since the shop has to account for them; everything else of it goes.
    ///
    /// - Throws: `AccountError.wrongCredentials`, `.tooManyAttempts`, `.otpRequired`, `.otpRefused`; `.ownAccount` for the
    ///   last admin.
    package func close(_ userID: Int64, password: String, otp: String?) async throws -> Committed<Void> {
        let account = try await checkPassword(password, of: userID)
        if account.hasSecondFactor, otp == nil { throw AccountError.otpRequired }
        let nobodysHash = try await hasher.hash(Random.token(bytes: 32))
        return try await database.write { transaction in
            if account.hasSecondFactor {
                guard let otp, try await SecondFactor.spend(otp, userID: userID, in: transaction) else {
                    throw AccountError.otpRefused
                }
            }
            if account.user.role == .admin, try await Self.isLastAdmin(userID, transaction) {
                throw AccountError.ownAccount
            }
            for statement in Self.anonymise(userID, nobodysHash) { transaction.enqueue(statement) }
        }
    }

    /// All admins are locked, so that of two who leave at once one stays.
    private static func isLastAdmin(_ userID: Int64, _ transaction: PostgresTransaction) async throws -> Bool {
        try await !transaction.query(
            "SELECT id FROM users WHERE role = 'admin' AND is_active ORDER BY id FOR NO KEY UPDATE"
        ).contains { try $0.decode(0, as: Int64.self) != userID }
    }

    private static func anonymise(_ userID: Int64, _ nobodysHash: String) -> [PostgresQuery] {
        [
            """
            UPDATE users SET email = 'deleted-' || id || '@deleted.invalid', password_hash = \(nobodysHash),
                first_name = 'Deleted', last_name = 'account', is_active = false, email_verified_at = NULL,
                deleted_at = now(), updated_at = now()
            WHERE id = \(userID)
            """,
            "DELETE FROM addresses WHERE user_id = \(userID)",
            "DELETE FROM cart_items WHERE user_id = \(userID)",
            "DELETE FROM refresh_tokens WHERE user_id = \(userID)",
            "DELETE FROM one_time_tokens WHERE user_id = \(userID)",
            "DELETE FROM totp_factors WHERE user_id = \(userID)",
            "DELETE FROM idempotency_keys WHERE user_id = \(userID)",
        ]
    }
}
