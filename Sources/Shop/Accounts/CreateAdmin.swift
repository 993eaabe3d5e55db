package import Crypto
package import Postgres

/// Makes an administrator's account, from the command line only: no HTTP route leads here.
package enum CreateAdmin {
    /// - Throws: `AccountError.emailTaken`.
    @discardableResult
    package static func run(
        _ registration: Registration,
        hasher: PasswordHasher,
        in session: some PostgresSession
    ) async throws -> User {
        let hash = try await hasher.hash(registration.password)
        do {
            let rows = try await session.query(AccountStore.insert(registration, passwordHash: hash, role: .admin))
            return try rows.map(AccountStore.user)[0]
        } catch let error as PostgresError where error.isUniqueViolation("users_email_key") {
            throw AccountError.emailTaken
        }
    }
}
