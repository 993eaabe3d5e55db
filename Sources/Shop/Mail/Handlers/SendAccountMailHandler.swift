import Foundation
package import Jobs
import Lifecycle
package import Messages
import Observability
import SMTP

/// Runs `email.send_account_message`.
///
/// Idempotent by state: the token is deleted after the mail server took the mail, and what has no token needs no mail. A
/// worker killed between the two sends the same Message-ID again, and mail programs show that once.
package struct SendAccountMailHandler: JobHandler {
    private let store: MailStore
    private let mailer: Mailer
    private let publicURL: String

    /// - Parameter publicURL: where people find the shop's pages.
    package init(store: MailStore, mailer: Mailer, publicURL: String) {
        self.store = store
        self.mailer = mailer
        self.publicURL = publicURL
    }

    package func handle(_ payload: SendAccountMail, context: JobContext) async throws -> Outcome {
        guard let tokenID = UUID(uuidString: payload.tokenID) else {
            return .reject(reason: "the token's id is malformed")
        }
        guard let letter = try await store.accountLetter(tokenID) else {
            context.logger.info("This mail was sent before, or its token is worth nothing any more")
            try await store.forgetSecret(tokenID)
            return .done
        }
        let mail = AccountMail(
            payload.template,
            firstName: letter.recipient.firstName,
            publicURL: publicURL,
            token: letter.token
        )
        let message = SMTPMessage(
            from: mailer.sender,
            to: [
                EmailAddress(letter.recipient.email, name: "\(letter.recipient.firstName) \(letter.recipient.lastName)")
            ],
            subject: mail.subject,
            text: mail.text,
            html: mail.html,
            messageID: mailer.messageID(payload.template.rawValue, payload.tokenID),
            date: Date()
        )
        if let outcome = try await mailer.send(message) { return outcome }
        Failpoint.hit(.mailAfterSend)
        try await store.forgetSecret(tokenID)
        return .done
    }
}
