import Database
import Foundation
package import Jobs
import Lifecycle
package import Messages
import Observability
package import Orders
import Postgres
package import SMTP

/// Runs `email.send_order_confirmation`.
///
/// Idempotent by inbox: a row of `mail_deliveries` says that a mail is out. It is written after the mail server took the
/// mail, since the two cannot be one transaction: a worker killed between them sends the same Message-ID again, and mail
/// programs show that once.
package struct SendOrderMailHandler: JobHandler {
    /// What the worker's circuit breaker calls the mail server.
    package static let dependency = "mail"

    private let orders: OrderStore
    private let store: MailStore
    private let smtp: SMTPClient
    private let sender: EmailAddress

    package init(orders: OrderStore, store: MailStore, smtp: SMTPClient, sender: EmailAddress) {
        self.orders = orders
        self.store = store
        self.smtp = smtp
        self.sender = sender
    }

    package func handle(_ payload: SendOrderMail, context: JobContext) async throws -> Outcome {
        guard let number = OrderNumber(rawValue: payload.orderNumber) else {
            return .reject(reason: "the order number is malformed")
        }
        // As the database has it, whatever the message's spelling.
        let payload = SendOrderMail(
            template: payload.template,
            orderNumber: number.rawValue,
            refundID: payload.refundID
        )
        if try await store.wasSent(payload) {
            context.logger.info("This mail was sent before")
            return .done
        }
        // As new as the commit that caused the job; without its position, the primary knows.
        let consistency = context.lsn.flatMap(PostgresLSN.init).map(ReadConsistency.after) ?? .primary
        guard let order = try await orders.order(number, consistency),
            let (recipient, particulars) = try await store.occasion(
                of: number,
                refundID: payload.refundID,
                consistency
            )
        else { return .reject(reason: "there is no such order") }
        let mail = OrderMail(payload.template, order: order, particulars, to: recipient)
        let messageID = Self.messageID(payload, sender)
        do throws(SMTPError) {
            try await smtp.send(message(mail, to: recipient, messageID, context.idempotencyKey))
        } catch {
            // The run's own end says what becomes of the job.
            if error.code == .cancelled { throw error }
            if await isDown(after: error) {
                throw DependencyUnavailable(Self.dependency, reason: error.description)
            }
            return Self.outcome(of: error)
        }
        Failpoint.hit(.mailAfterSend)
        try await store.recordSent(payload, messageID: messageID)
        return .done
    }

    /// Whether the mail server is at fault, and not this one mail.
    ///
    /// A connection that breaks or hangs in the midst of a mail may be either's fault, so the server is asked: a mail that
    /// it dies of every time must spend its attempts.
    private func isDown(after error: SMTPError) async -> Bool {
        if error.meansServerIsDown { return true }
        guard error.leavesOpenWhoseFault else { return false }
        do {
            try await smtp.check()
            return false
        } catch {
            return true
        }
    }

    private func message(
        _ mail: OrderMail,
        to recipient: OrderMail.Recipient,
        _ messageID: String,
        _ idempotencyKey: String?
    ) -> SMTPMessage {
        SMTPMessage(
            from: sender,
            to: [EmailAddress(recipient.email, name: "\(recipient.firstName) \(recipient.lastName)")],
            subject: mail.subject,
            text: mail.text,
            html: mail.html,
            messageID: messageID,
            date: Date(),
            headers: idempotencyKey.map { [("X-Wharf-Idempotency-Key", $0)] } ?? []
        )
    }

    /// The same for each delivery of the same mail.
    static func messageID(_ mail: SendOrderMail, _ sender: EmailAddress) -> String {
        let domain = sender.address.split(separator: "@").last ?? "localhost"
        let name = [mail.template.rawValue, mail.orderNumber, mail.refundID].compactMap(\.self).joined(separator: ".")
        return "<\(name)@\(domain)>"
    }

    static func outcome(of error: SMTPError) -> Outcome {
        error.isRetriable ? .retry(reason: error.description) : .reject(reason: error.description)
    }
}
