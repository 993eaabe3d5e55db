package import Database
import Messages
import Orders
import Postgres

/// What a mail needs from the database, and the memory of those that were sent.
package struct MailStore: Sendable {
    private let database: Database

    package init(database: Database) { self.database = database }

    /// - Returns: `nil` when there is no such order.
    func recipient(of number: OrderNumber, _ consistency: ReadConsistency) async throws -> OrderMail.Recipient? {
        try await database.read(consistency) { session in
            try await session.query(
                """
                SELECT u.email, u.first_name, u.last_name
                FROM orders o JOIN users u ON u.id = o.user_id WHERE o.order_number = \(number.rawValue)
                """
            ).first.map { row in
                let (email, firstName, lastName) = try row.decode(String.self, String.self, String.self)
                return OrderMail.Recipient(email: email, firstName: firstName, lastName: lastName)
            }
        }
    }

    /// On the primary: a replica might not know yet what another worker has just sent.
    func wasSent(_ template: SendOrderMail.Template, _ number: OrderNumber) async throws -> Bool {
        try await !database.read(.primary) { session in
            try await session.query(
                """
                SELECT FROM mail_deliveries
                WHERE order_number = \(number.rawValue) AND template = \(template.rawValue)
                """
            )
        }.isEmpty
    }

    func recordSent(_ template: SendOrderMail.Template, _ number: OrderNumber, messageID: String) async throws {
        _ = try await database.write { transaction in
            transaction.enqueue(
                """
                INSERT INTO mail_deliveries (order_number, template, message_id)
                VALUES (\(number.rawValue), \(template.rawValue), \(messageID)) ON CONFLICT DO NOTHING
                """
            )
        }
    }
}
