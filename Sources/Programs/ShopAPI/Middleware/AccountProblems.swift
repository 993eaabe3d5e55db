import Accounts
import HTTPServer

/// What the errors of accounts are to a client.
enum AccountProblems {
    static func problem(_ error: AccountError) -> Problem {
        switch error {
        case .emailTaken: .conflict("An account with this e-mail address exists.", slug: "email-taken")
        case .wrongCredentials: .unauthorized("The e-mail address or the password is wrong.")
        case .tokenOutdated:
            .unauthorized(
                "The account is closed, or has changed since the token was made. Sign in again.",
                challenge: "Bearer error=\"invalid_token\""
            )
        case .otpRequired:
            unauthorized("The account has a second factor: send a code of it as otp.", slug: "otp-required")
        case .otpRefused:
            unauthorized("The one-time password is wrong, too old, or was used before.", slug: "otp-refused")
        case .tooManyAttempts(let seconds):
            .tooManyRequests("Too many attempts. Try again later.", retryAfter: .seconds(seconds))
        case .refreshRefused: .unauthorized("The refresh token is not valid. Sign in again.")
        case .oneTimeTokenRefused:
            Problem(
                status: 422,
                slug: "mailed-token-refused",
                title: "The link is not valid",
                detail: "The token is unknown, has expired, was used before, or has been replaced by a newer one."
            )
        case .otpAlreadyEnabled: .conflict("The account has a second factor already.", slug: "otp-enabled")
        case .otpNotEnabled: .conflict("The account has no such second factor.", slug: "otp-not-enabled")
        case .addressNotFound: .notFound("There is no such address.")
        case .tooManyAddresses(let limit):
            .conflict("An account keeps at most \(limit) addresses.", slug: "too-many-addresses")
        case .userNotFound: .notFound("There is no such user.")
        case .ownAccount:
            .conflict("An admin's own account stays as it is, so that one always remains.", slug: "own-account")
        case .accountDeleted: .conflict("The account was deleted by its owner.", slug: "account-deleted")
        }
    }

    private static func unauthorized(_ detail: String, slug: String) -> Problem {
        Problem(
            status: 401,
            slug: slug,
            title: "A one-time password is required",
            detail: detail,
            headers: ["WWW-Authenticate": "Bearer"]
        )
    }
}
