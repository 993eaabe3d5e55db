import Database
import Foundation
package import Jobs
import Lifecycle
package import Messages
import Observability
package import Orders
import Postgres
import SMTP

/// Runs `email.send_order_confirmation`.
///
/// Idempotent by inbox: a row of `mail_deliveries` says that a mail is out. It is written after the mail server took the
/// mail, since the two cannot be one transaction: a worker killed between them sends the same Message-ID again, and mail
/// programs show that once.
package struct SendOrderMailHandler: JobHandler {
    private let orders: OrderStore
    private let store: MailStore
    private let mailer: Mailer

    package init(orders: OrderStore, store: MailStore, mailer: Mailer) {
        self.orders = orders
        self.store = store
        self.mailer = mailer
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
        let subject = [payload.orderNumber, payload.refundID].compactMap(\.self).joined(separator: ".")
        let messageID = mailer.messageID(payload.template.rawValue, subject)
        let message = message(mail, to: recipient, messageID, context.idempotencyKey)
        if let outcome = try await mailer.send(message) { return outcome }
        Failpoint.hit(.mailAfterSend)
        try await store.recordSent(payload, messageID: messageID)
        return .done
    }

    private func message(
        _ mail: OrderMail,
        to recipient: OrderMail.Recipient,
        _ messageID: String,
        _ idempotencyKey: String?
    ) -> SMTPMessage {
        SMTPMessage(
            from: mailer.sender,
            to: [EmailAddress(recipient.email, name: "\(recipient.firstName) \(recipient.lastName)")],
            subject: mail.subject,
            text: mail.text,
            html: mail.html,
            messageID: messageID,
            date: Date(),
            headers: idempotencyKey.map { [("X-Wharf-Idempotency-Key", $0)] } ?? []
        )
    }
}
