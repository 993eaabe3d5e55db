/// Why an account was not made or not let in.
package enum AccountError: Error, Equatable {
    case emailTaken
    /// Unknown address, wrong password and closed account look the same from outside.
    case wrongCredentials
    /// The refresh token is forged, expired, spent or revoked.
    case refreshRefused
}
