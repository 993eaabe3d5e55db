package import Foundation

/// Signs and checks our bearer tokens: JWS with HS256 and nothing else (RFC 7519, RFC 8725).
package struct JWT: Sendable {
    /// A token longer than this, in bytes, is refused before anything parses it; ours stay under 500.
    package static let maximumBytes = 4_096

    /// How far the clocks of two API hosts may differ. It softens `iat` and `nbf`; expiry stays exact.
    static let clockSkew: TimeInterval = 30

    private let keys: JWTKeys
    private let issuer: String
    private let now: @Sendable () -> Date

    /// - Parameter now: the clock, for tests.
    package init(keys: JWTKeys, issuer: String, now: @escaping @Sendable () -> Date = { Date() }) {
        self.keys = keys
        self.issuer = issuer
        self.now = now
    }

    package func sign(_ claims: JWTClaims) throws(JWTError) -> String {
        guard
            let payload = try? JSONEncoder().encode(JWTPayload(claims, issuer: issuer)),
            let token = JOSE.sign(Array(payload), keyID: keys.signing.id, key: keys.signing.key)
        else { throw .signing }
        return token
    }

    /// The claims of a token that we signed, that is valid now, and that was made for `use`.
    package func verify(_ token: String, use: JWTClaims.Use) throws(JWTError) -> JWTClaims {
        guard token.utf8.count <= Self.maximumBytes else { throw .tooLarge }
        // Before libcjose sees it: its decoder aborts the process on a part of an impossible length, and ignores the unused
        // bits of a part's last character, so that a token would have several spellings.
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ Base64URL.decode(String($0)) != nil }) else { throw .malformed }
        let bytes = try JOSE.verify(token) { keys.verifying[$0] }
        guard let payload = try? JSONDecoder().decode(JWTPayload.self, from: Data(bytes)) else { throw .malformed }
        let now = now().timeIntervalSince1970
        guard payload.iss == issuer else { throw .issuer }
        guard payload.use == use else { throw .use }
        guard payload.exp > now else { throw .expired }
        guard payload.iat <= now + Self.clockSkew, payload.nbf ?? 0 <= now + Self.clockSkew else { throw .notYetValid }
        return payload.claims
    }
}
