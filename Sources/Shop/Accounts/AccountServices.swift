package import Crypto
package import Database
package import Outbox

/// Everything that can be done with accounts, made of the same parts.
package struct AccountServices: Sendable {
    package let register: Register
    package let signIn: SignIn
    package let refreshTokens: RefreshTokens
    package let sessions: Sessions
    package let profile: Profile
    package let changePassword: ChangePassword
    package let mailbox: Mailbox
    package let secondFactor: SecondFactor
    package let addresses: AddressBook
    package let directory: UserDirectory
    package let audit: AuditLog

    /// - Throws: `CryptoError`, if not even the first password can be hashed.
    package init(database: Database, outbox: OutboxPublisher, hasher: PasswordHasher, jwt: JWT) async throws {
        let tokens = TokenIssuer(jwt: jwt)
        register = Register(database: database, outbox: outbox, hasher: hasher, tokens: tokens)
        signIn = try await SignIn(database: database, hasher: hasher, tokens: tokens)
        refreshTokens = RefreshTokens(database: database, jwt: jwt, tokens: tokens)
        sessions = Sessions(database: database, jwt: jwt)
        profile = Profile(database: database, hasher: hasher)
        changePassword = ChangePassword(database: database, hasher: hasher)
        mailbox = Mailbox(database: database, outbox: outbox, hasher: hasher)
        secondFactor = SecondFactor(database: database, hasher: hasher)
        addresses = AddressBook(database: database)
        directory = UserDirectory(database: database)
        audit = AuditLog(database: database)
    }
}
