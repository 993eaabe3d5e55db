package import Crypto
package import Database
import Foundation
import Postgres

/// Exchanges an address and a password, and a one-time password where the account has a second factor, for a token pair.
///
/// Each attempt is counted before it is known how it ends. A known address, an unknown one and one that is blocked take
/// the same time to refuse: each costs the database two statements and the hasher one password.
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

    /// - Parameters:
    ///   - otp: a code of the authenticator app, or a recovery code.
    ///   - client: the client's address.
    /// - Throws: `AccountError.wrongCredentials`, `.otpRequired`, `.otpRefused`, `.tooManyAttempts`; `CryptoError` when too
    ///   many passwords wait to be checked.
    package func callAsFunction(
        email: String,
        password: String,
        otp: String? = nil,
        from client: String
    ) async throws -> Committed<TokenPair> {
        // What no account can have is not worth a hash's time; both are refused alike, known address or not.
        guard PasswordRule.isPossible(password), EmailRule.isPossible(email) else {
            throw AccountError.wrongCredentials
        }
        let answers = try await database.write([
            AttemptLimit.address.count(client), AttemptLimit.account.count(email),
            AccountStore.credentials("lower(u.email) = lower(\(email))"),
        ])
        // Says nothing about any account.
        if let seconds = try AttemptLimit.address.retryAfter(answers[0]) {
            throw AccountError.tooManyAttempts(retryAfter: seconds)
        }
        let found = try answers[2].first.map(AccountStore.credentials)
        let isRight = try await hasher.verify(password, against: found?.passwordHash ?? nobodysHash)
        if let seconds = try AttemptLimit.account.retryAfter(answers[1]) {
            throw AccountError.tooManyAttempts(retryAfter: seconds)
        }
        guard let found, isRight, found.isActive else { throw AccountError.wrongCredentials }
        if found.hasSecondFactor, otp == nil {
            _ = try await database.write(Self.takeBack(email, client))
            throw AccountError.otpRequired
        }
        let newHash = hasher.needsRehash(found.passwordHash) ? try await hasher.hash(password) : nil
        return try await open(found, newHash, otp, email, client)
    }

    private func open(
        _ account: AccountStore.Credentials,
        _ newHash: String?,
        _ otp: String?,
        _ email: String,
        _ client: String
    ) async throws -> Committed<TokenPair> {
        try await database.write { transaction in
            if account.hasSecondFactor {
                guard let otp, try await SecondFactor.spend(otp, userID: account.user.id, in: transaction) else {
                    throw AccountError.otpRefused
                }
            }
            if let newHash {
                transaction.enqueue(
                    AccountStore.setPasswordHash(newHash, userID: account.user.id, replacing: account.passwordHash)
                )
            }
            transaction.enqueue(AttemptLimit.account.forgive(email))
            transaction.enqueue(AttemptLimit.address.takeBack(client))
            let (pair, row) = try tokens.issue(for: account.user)
            transaction.enqueue(row)
            return pair
        }
    }

    /// Asking for the one-time password was no wrong guess.
    private static func takeBack(_ email: String, _ client: String) -> [PostgresQuery] {
        [AttemptLimit.address.takeBack(client), AttemptLimit.account.takeBack(email)]
    }
}
