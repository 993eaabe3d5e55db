/// What a client signs in with: a short access token for each request, and a refresh token for the next pair.
package struct TokenPair: Equatable, Sendable {
    package let access: String
    package let refresh: String
}
