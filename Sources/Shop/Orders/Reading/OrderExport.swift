package import Database
import Foundation
import Postgres

/// Orders as CSV (RFC 4180), newest first, a batch at a time: memory does not grow with the number of orders, and no
/// transaction stays open over a slow client.
///
/// Each batch goes on behind the last id of the one before, so that no order comes twice or is left out, whatever is
/// placed meanwhile.
package struct OrderExport: Sendable {
    package static let header = [
        "order_number", "status", "payment_status", "customer_email", "placed_at", "currency", "subtotal_amount",
        "tax_amount", "shipping_amount", "discount_amount", "total_amount", "refunded_amount", "units", "country",
        "carrier", "tracking_number", "shipped_at", "delivered_at",
    ]

    private let database: Database
    private let batchSize: Int

    /// - Parameter batchSize: rows that are in memory at a time.
    package init(database: Database, batchSize: Int = 500) {
        self.database = database
        self.batchSize = batchSize
    }

    /// - Parameter write: takes the text of a batch, the header's line first; it may suspend for a slow client.
    package func callAsFunction(
        _ filter: OrderFilter,
        _ consistency: ReadConsistency,
        write: (String) async throws -> Void
    ) async throws {
        try await write(CSV.line(Self.header))
        var last = Self.beyondAll
        while true {
            let rows = try await database.read(consistency) { session in
                try await session.query(batch(filter, after: last))
            }
            guard let end = rows.last else { return }
            last = try end.decode(0)
            var text = ""
            for row in rows { text += CSV.line(try Self.cells(row)) }
            try await write(text)
            if rows.count < batchSize { return }
        }
    }

    /// Greater than every id that time makes.
    private static let beyondAll = "ffffffff-ffff-ffff-ffff-ffffffffffff"

    private func batch(_ filter: OrderFilter, after last: String) -> PostgresQuery {
        """
        SELECT o.id::text, o.order_number, o.status, o.payment_status, u.email, o.created_at, o.currency,
            o.subtotal_amount, o.tax_amount, o.shipping_amount, o.discount_amount, o.total_amount, o.refunded_amount,
            (SELECT coalesce(sum(i.quantity), 0)::bigint FROM order_items i WHERE i.order_id = o.id),
            o.shipping_address ->> 'country', o.carrier, o.tracking_number, o.shipped_at, o.delivered_at
        FROM (
            SELECT * FROM orders o WHERE o.id < \(last)::uuid AND \(filter.condition)
            ORDER BY o.id DESC LIMIT \(batchSize)
        ) o
        JOIN users u ON u.id = o.user_id
        ORDER BY o.id DESC
        """
    }

    private static func cells(_ row: PostgresRow) throws -> [String] {
        func text(_ column: Int) throws -> String { try row.decode(column, as: String?.self) ?? "" }
        func number(_ column: Int) throws -> String { String(try row.decode(column, as: Int64.self)) }
        func time(_ column: Int) throws -> String {
            try row.decode(column, as: Date?.self)?.formatted(.iso8601) ?? ""
        }
        return [
            try text(1), try text(2), try text(3), try text(4), try time(5), try text(6), try number(7), try number(8),
            try number(9), try number(10), try number(11), try number(12), try number(13), try text(14), try text(15),
            try text(16), try time(17), try time(18),
        ]
    }
}
