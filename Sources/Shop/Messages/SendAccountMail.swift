import Jobs

/// Asks for one mail about one account, with a link that works once.
package struct SendAccountMail: Job, Equatable {
    package static let name = "email.send_account_message"

    package enum Template: String, Codable, Sendable, CaseIterable {
        case verifyEmail = "verify_email"
        case resetPassword = "reset_password"
    }

    package let template: Template
    /// Which one-time token the link carries. The token itself is in no message: the worker reads it from the database.
    package let tokenID: String

    package init(template: Template, tokenID: String) {
        self.template = template
        self.tokenID = tokenID
    }

    private enum CodingKeys: String, CodingKey {
        case template
        case tokenID = "token_id"
    }
}
