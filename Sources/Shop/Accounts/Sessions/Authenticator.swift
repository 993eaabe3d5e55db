package import Crypto
import Foundation

/// Tells from a bearer token who makes a request, without asking the database.
package struct Authenticator: Sendable {
    private let jwt: JWT

    package init(jwt: JWT) { self.jwt = jwt }

    /// - Throws: `JWTError` for anything but a valid access token.
    package func principal(bearer token: String) throws(JWTError) -> Principal {
        let claims = try jwt.verify(token, use: .access)
        guard let userID = Int64(claims.subject), let role = Role(rawValue: claims.role) else { throw .malformed }
        let sessionID = claims.extra[TokenIssuer.sessionClaim].flatMap(UUID.init(uuidString:))
        return Principal(userID: userID, role: role, sessionID: sessionID)
    }
}
