import Crypto
package import Database
package import Foundation
import Postgres

/// Tickets for browsers, whose EventSource can send no token: each is good for one stream of one order, for a minute.
package struct OrderEventTickets: Sendable {
    package struct Ticket: Sendable {
        package let value: String
        package let expiresAt: Date
    }

    /// Who has shown a ticket.
    package struct Holder: Equatable, Sendable {
        package let userID: Int64
        package let isStaff: Bool

        package init(userID: Int64, isStaff: Bool) {
            self.userID = userID
            self.isStaff = isStaff
        }
    }

    package static let lifetime: TimeInterval = 60

    private let database: Database

    package init(database: Database) { self.database = database }

    package func issue(for order: FollowedOrder, to holder: Holder) async throws -> Ticket {
        let value = Random.token(bytes: 32)
        let row = try await database.write([
            """
            INSERT INTO order_event_tickets (token_hash, order_id, user_id, is_staff, expires_at)
            VALUES (\(Self.hash(value)), \(order.id)::uuid, \(holder.userID), \(holder.isStaff),
                now() + \(Self.lifetime) * interval '1 second')
            RETURNING expires_at
            """
        ])[0].first
        return Ticket(value: value, expiresAt: try row?.decode(0) ?? Date())
    }

    /// Takes a ticket; it is gone afterwards.
    ///
    /// - Returns: `nil` for one that is unknown, used, expired, or for another order.
    package func redeem(_ value: String, for number: OrderNumber) async throws -> Holder? {
        // Nobody is signed in yet: the ticket is what says who it is.
        let rows = try await RowScope.$current.withValue(.everything) {
            try await database.write([
                """
                DELETE FROM order_event_tickets t USING orders o
                WHERE t.token_hash = \(Self.hash(value)) AND t.expires_at > now()
                    AND o.id = t.order_id AND o.order_number = \(number.rawValue)
                RETURNING t.user_id, t.is_staff
                """
            ])
        }
        return try rows[0].first.map { row in
            let (userID, isStaff) = try row.decode(Int64.self, Bool.self)
            return Holder(userID: userID, isStaff: isStaff)
        }
    }

    private static func hash(_ value: String) -> [UInt8] { SHA256.hash(Array(value.utf8)) }
}
