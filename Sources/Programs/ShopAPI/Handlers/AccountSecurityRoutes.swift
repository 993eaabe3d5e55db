import Accounts
import HTTPServer

/// Passwords, mailboxes and second factors.
struct AccountSecurityRoutes {
    private let accounts: AccountServices

    init(_ dependencies: ShopDependencies) { accounts = dependencies.accounts }

    @Sendable func changePassword(_ request: Request) async throws -> Response {
        let principal = try request.principal()
        let body = try request.decode(PasswordChangeBody.self)
        try await accounts.changePassword(
            userID: principal.userID,
            sessionID: principal.sessionID,
            old: body.currentPassword,
            new: body.newPassword
        )
        return .noContent
    }

    @Sendable func forgotPassword(_ request: Request) async throws -> Response {
        try await accounts.mailbox.requestPasswordReset(email: try request.decode(EmailBody.self).email)
        return .accepted
    }

    @Sendable func resetPassword(_ request: Request) async throws -> Response {
        let body = try request.decode(PasswordResetBody.self)
        try await accounts.mailbox.resetPassword(token: body.token, newPassword: body.newPassword)
        return .noContent
    }

    @Sendable func requestVerification(_ request: Request) async throws -> Response {
        try await accounts.mailbox.requestVerification(userID: try request.principal().userID)
        return .accepted
    }

    @Sendable func verifyEmail(_ request: Request) async throws -> Response {
        try await accounts.mailbox.verify(token: try request.decode(MailedTokenBody.self).token)
        return .noContent
    }

    @Sendable func changeEmail(_ request: Request) async throws -> Response {
        let userID = try request.principal().userID
        let body = try request.decode(EmailChangeBody.self)
        try await accounts.mailbox.requestChange(to: body.email, userID: userID, password: body.password)
        return .accepted
    }

    @Sendable func otpState(_ request: Request) async throws -> Response {
        try .json(OTPStateBody(try await accounts.secondFactor.state(try request.principal().userID)))
    }

    @Sendable func enrolOTP(_ request: Request) async throws -> Response {
        let userID = try request.principal().userID
        let body = try request.decode(ProofBody.self)
        let enrolment = try await accounts.secondFactor.enrol(userID, password: body.password)
        return try .json(OTPEnrolmentBody(enrolment), status: 201)
    }

    @Sendable func confirmOTP(_ request: Request) async throws -> Response {
        let userID = try request.principal().userID
        let body = try request.decode(OTPCodeBody.self)
        let codes = try await accounts.secondFactor.confirm(userID, code: body.otp)
        return try .json(RecoveryCodesBody(recoveryCodes: codes))
    }

    @Sendable func disableOTP(_ request: Request) async throws -> Response {
        let userID = try request.principal().userID
        let body = try request.decode(OTPDisablingBody.self)
        try await accounts.secondFactor.disable(userID, password: body.password, code: body.otp)
        return .noContent
    }
}

extension Response {
    /// 202: it is on its way, if there is anything to do.
    fileprivate static let accepted = Response(status: 202)
}
