package import Foundation

/// What a token says about its bearer (RFC 7519 section 4.1, and our own `use`, `role` and `extra`).
package struct JWTClaims: Hashable, Sendable {
    /// What a token is good for. An access token never refreshes, a refresh token never opens a route.
    package enum Use: String, Codable, Sendable {
        case access
        case refresh
    }

    /// `sub`: the account's id.
    package var subject: String
    package var use: Use
    package var role: String
    /// `iat`, whole seconds.
    package var issuedAt: Date
    /// `exp`, whole seconds: from this moment on the token is refused.
    package var expiresAt: Date
    /// `nbf`, whole seconds: before this moment the token is refused.
    package var notBefore: Date?
    /// `jti`: the token's own id, by which a refresh token is revoked.
    package var id: String
    package var extra: [String: String]

    /// Dates are cut to whole seconds, so that claims are the same after a round trip.
    package init(
        subject: String,
        use: Use,
        role: String,
        issuedAt: Date,
        expiresAt: Date,
        notBefore: Date? = nil,
        id: String = Random.token(bytes: 16),
        extra: [String: String] = [:]
    ) {
        self.subject = subject
        self.use = use
        self.role = role
        self.issuedAt = Self.wholeSeconds(issuedAt)
        self.expiresAt = Self.wholeSeconds(expiresAt)
        self.notBefore = notBefore.map(Self.wholeSeconds)
        self.id = id
        self.extra = extra
    }

    private static func wholeSeconds(_ date: Date) -> Date {
        Date(timeIntervalSince1970: date.timeIntervalSince1970.rounded(.down))
    }
}

/// The claims as JSON on the wire.
struct JWTPayload: Codable {
    var iss: String
    var sub: String
    var use: JWTClaims.Use
    var role: String
    var iat: Double
    var exp: Double
    var nbf: Double?
    var jti: String
    var extra: [String: String]?

    init(_ claims: JWTClaims, issuer: String) {
        iss = issuer
        sub = claims.subject
        use = claims.use
        role = claims.role
        iat = claims.issuedAt.timeIntervalSince1970
        exp = claims.expiresAt.timeIntervalSince1970
        nbf = claims.notBefore?.timeIntervalSince1970
        jti = claims.id
        extra = claims.extra.isEmpty ? nil : claims.extra
    }

    var claims: JWTClaims {
        JWTClaims(
            subject: sub,
            use: use,
            role: role,
            issuedAt: Date(timeIntervalSince1970: iat),
            expiresAt: Date(timeIntervalSince1970: exp),
            notBefore: nbf.map(Date.init(timeIntervalSince1970:)),
            id: jti,
            extra: extra ?? [:]
        )
    }
}
