/// Why a token is refused. All but `signing` mean 401; none says anything about the secret.
package enum JWTError: Error, Hashable, Sendable {
    /// No compact JWS, claims that are missing or of the wrong type, or a `crit` header.
    case malformed
    /// Longer than `JWT.maximumBytes`.
    case tooLarge
    /// An algorithm other than HS256.
    case algorithm
    /// A `kid` that is not in `JWT_KEYS`, or none.
    case unknownKey
    case signature
    case expired
    /// `nbf` or `iat` lies in the future.
    case notYetValid
    case issuer
    /// A refresh token where an access token is wanted, or the reverse.
    case use
    /// The token could not be made: memory is out.
    case signing
}
