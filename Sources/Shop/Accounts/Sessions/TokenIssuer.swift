package import Crypto
package import Foundation
import Postgres

/// Makes token pairs and the row by which a refresh token can be spent once.
package struct TokenIssuer: Sendable {
    static let accessLifetime: TimeInterval = 60 * 60
    static let refreshLifetime: TimeInterval = 7 * 24 * 60 * 60

    private let jwt: JWT
    private let now: @Sendable () -> Date

    package init(jwt: JWT, now: @escaping @Sendable () -> Date = { Date() }) {
        self.jwt = jwt
        self.now = now
    }

    /// - Parameter familyID: all refresh tokens that descend from one sign-in; a new one starts a family.
    func issue(for user: User, familyID: UUID = UUID()) throws -> (pair: TokenPair, row: PostgresQuery) {
        let refreshID = UUID()
        let refreshExpiry = now().addingTimeInterval(Self.refreshLifetime)
        let pair = TokenPair(
            access: try sign(
                .access,
                user,
                id: UUID(),
                expiresAt: now().addingTimeInterval(Self.accessLifetime),
                extra: [Self.sessionClaim: familyID.uuidString]
            ),
            refresh: try sign(.refresh, user, id: refreshID, expiresAt: refreshExpiry)
        )
        return (
            pair,
            """
            INSERT INTO refresh_tokens (id, family_id, user_id, token_hash, expires_at)
            VALUES (\(refreshID), \(familyID), \(user.id), \(Self.hash(pair.refresh)), \(refreshExpiry))
            """
        )
    }

    static func hash(_ token: String) -> [UInt8] { SHA256.hash(Array(token.utf8)) }

    /// Names the session in an access token, so that a change of the password can spare it.
    static let sessionClaim = "sid"

    private func sign(
        _ use: JWTClaims.Use,
        _ user: User,
        id: UUID,
        expiresAt: Date,
        extra: [String: String] = [:]
    ) throws -> String {
        try jwt.sign(
            JWTClaims(
                subject: String(user.id),
                use: use,
                role: user.role.rawValue,
                issuedAt: now(),
                expiresAt: expiresAt,
                id: id.uuidString.lowercased(),
                extra: extra
            )
        )
    }
}
