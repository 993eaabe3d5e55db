package import Crypto

/// Tells from a bearer token who makes a request, without asking the database.
package struct Authenticator: Sendable {
    private let jwt: JWT

    package init(jwt: JWT) { self.jwt = jwt }

    /// - Throws: `JWTError` for anything but a valid access token.
    package func principal(bearer token: String) throws -> Principal {
        let claims = try jwt.verify(token)
        guard claims.use == TokenUse.access.rawValue, let userID = Int64(claims.subject),
            let role = claims.role.flatMap(Role.init(rawValue:))
        else { throw JWTError.malformed }
        return Principal(userID: userID, role: role)
    }
}
