import Accounts

struct PasswordChangeBody: Decodable {
    let currentPassword: String
    let newPassword: String

    private enum CodingKeys: String, CodingKey {
        case currentPassword = "current_password"
        case newPassword = "new_password"
    }
}

struct EmailBody: Decodable {
    let email: String
}

struct PasswordResetBody: Decodable {
    let token: String
    let newPassword: String

    private enum CodingKeys: String, CodingKey {
        case token
        case newPassword = "new_password"
    }
}

struct MailedTokenBody: Decodable {
    let token: String
}

struct EmailChangeBody: Decodable {
    let email: String
    let password: String
}

/// The password once more, and a one-time password where the account has a second factor.
struct ProofBody: Decodable {
    let password: String
    let otp: String?
}

struct OTPCodeBody: Decodable {
    let otp: String
}

struct OTPDisablingBody: Decodable {
    let password: String
    let otp: String
}

struct OTPStateBody: Encodable {
    let enabled: Bool
    let recoveryCodesLeft: Int

    private enum CodingKeys: String, CodingKey {
        case enabled
        case recoveryCodesLeft = "recovery_codes_left"
    }

    init(_ state: SecondFactor.State) {
        enabled = state.isEnabled
        recoveryCodesLeft = state.recoveryCodesLeft
    }
}

struct OTPEnrolmentBody: Encodable {
    let secret: String
    let otpauthURI: String

    private enum CodingKeys: String, CodingKey {
        case secret
        case otpauthURI = "otpauth_uri"
    }

    init(_ enrolment: SecondFactor.Enrolment) {
        secret = enrolment.secret
        otpauthURI = enrolment.uri
    }
}

struct RecoveryCodesBody: Encodable {
    let recoveryCodes: [String]

    private enum CodingKeys: String, CodingKey {
        case recoveryCodes = "recovery_codes"
    }
}
