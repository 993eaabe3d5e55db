/// Why an account was not made, not let in, or not changed.
package enum AccountError: Error, Equatable {
    case emailTaken
    /// Unknown address, wrong password and closed account look the same from outside.
    case wrongCredentials
    /// The account has been closed since its token was made, or has another role than the token says.
    case tokenOutdated
    /// The password is right, and the account has a second factor.
    case otpRequired
    /// The one-time password is wrong, too old, or was used before.
    case otpRefused
    /// Too many attempts; the window ends in so many seconds.
    case tooManyAttempts(retryAfter: Int)
    /// The refresh token is forged, expired, spent or revoked.
    case refreshRefused
    /// A mailed token is unknown, expired, spent, or has been replaced by a newer one.
    case oneTimeTokenRefused
    /// The account has a second factor already, or none to confirm or to remove.
    case otpAlreadyEnabled
    case otpNotEnabled
    case addressNotFound
    /// The account keeps as many addresses as it may.
    case tooManyAddresses(limit: Int)
    case userNotFound
    /// An admin can take neither the role nor the access from their own account, so that one always remains.
    case ownAccount
    /// A closed account cannot be opened again: nobody knows whose it was.
    case accountDeleted
}
