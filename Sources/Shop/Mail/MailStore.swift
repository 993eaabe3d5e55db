package import Database
import Foundation
import Messages
import Orders
import Postgres

/// What a mail needs from the database, and the memory of those that were sent.
package struct MailStore: Sendable {
    private let database: Database

    package init(database: Database) { self.database = database }

    /// Who gets a mail about the order, and what it has to tell beside the order itself.
    ///
    /// - Parameter refundID: of the refund that the mail is about.
    /// - Returns: `nil` when there is no such order.
    func occasion(
        of number: OrderNumber,
        refundID: String?,
        _ consistency: ReadConsistency
    ) async throws -> (recipient: OrderMail.Recipient, particulars: OrderMail.Particulars)? {
        try await database.read(consistency) { session in
            try await session.query(
                """
                SELECT u.email, u.first_name, u.last_name, o.carrier, o.tracking_number, r.amount
                FROM orders o JOIN users u ON u.id = o.user_id
                LEFT JOIN order_refunds r ON r.order_id = o.id AND r.id::text = \(refundID)::text
                WHERE o.order_number = \(number.rawValue)
                """
            ).first.map { row in
                let (email, firstName, lastName) = try row.decode(String.self, String.self, String.self)
                return (
                    OrderMail.Recipient(email: email, firstName: firstName, lastName: lastName),
                    OrderMail.Particulars(
                        carrier: try row.decode(3),
                        trackingNumber: try row.decode(4),
                        refundedAmount: try row.decode(5)
                    )
                )
            }
        }
    }

    /// On the primary: a replica might not know yet what another worker has just sent.
    func wasSent(_ mail: SendOrderMail) async throws -> Bool {
        try await !database.read(.primary) { session in
            try await session.query(
                """
                SELECT FROM mail_deliveries
                WHERE order_number = \(mail.orderNumber) AND template = \(Self.name(mail))
                """
            )
        }.isEmpty
    }

    func recordSent(_ mail: SendOrderMail, messageID: String) async throws {
        _ = try await database.write { transaction in
            transaction.enqueue(
                """
                INSERT INTO mail_deliveries (order_number, template, message_id)
                VALUES (\(mail.orderNumber), \(Self.name(mail)), \(messageID)) ON CONFLICT DO NOTHING
                """
            )
        }
    }

    /// A template is sent once for an order; one that is about a refund, once for each refund.
    private static func name(_ mail: SendOrderMail) -> String {
        [mail.template.rawValue, mail.refundID].compactMap(\.self).joined(separator: ".")
    }

    /// What an account's mail is made of.
    struct AccountLetter {
        let recipient: OrderMail.Recipient
        /// The one-time token of the link.
        let token: String
    }

    /// On the primary, which alone knows what has been spent or sent since.
    ///
    /// - Returns: `nil` when the mail has been sent, or the token is spent, expired or gone.
    func accountLetter(_ tokenID: UUID) async throws -> AccountLetter? {
        try await database.read(.primary) { session in
            try await session.query(
                """
                SELECT t.email, u.first_name, u.last_name, s.token
                FROM one_time_tokens t JOIN mail_secrets s ON s.token_id = t.id JOIN users u ON u.id = t.user_id
                WHERE t.id = \(tokenID) AND t.used_at IS NULL AND t.expires_at > now()
                """
            ).first.map { row in
                let (email, firstName, lastName, token) = try row.decode(
                    String.self,
                    String.self,
                    String.self,
                    String.self
                )
                return AccountLetter(
                    recipient: OrderMail.Recipient(email: email, firstName: firstName, lastName: lastName),
                    token: token
                )
            }
        }
    }

    /// Its mail is out: from here on only the token's hash is known.
    func forgetSecret(_ tokenID: UUID) async throws {
        _ = try await database.write(["DELETE FROM mail_secrets WHERE token_id = \(tokenID)"])
    }
}
