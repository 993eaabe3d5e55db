package import Database
import Postgres
package import Validation

/// The notes of orders.
package struct OrderNotes: Sendable {
    private let database: Database

    package init(database: Database) { self.database = database }

    /// Three statements in one round trip, oldest first.
    ///
    /// - Parameter userID: the customer who asks, who sees the notes to customers of his own order; `nil` for the staff.
    /// - Returns: `nil` when there is no such order.
    package func list(
        _ number: OrderNumber,
        for userID: Int64?,
        _ request: PageRequest,
        _ consistency: ReadConsistency
    ) async throws -> Page<OrderNote>? {
        let notes: PostgresQuery = """
            FROM order_notes n JOIN orders o ON o.id = n.order_id
            WHERE o.order_number = \(number.rawValue) AND (\(userID == nil) OR n.kind = 'customer')
            """
        let answers = try await database.read(consistency) { session in
            try await session.pipeline([
                "SELECT user_id FROM orders WHERE order_number = \(number.rawValue)",
                "SELECT count(*) \(notes)",
                """
                SELECT n.id, n.kind, n.actor, n.body, n.created_at \(notes)
                ORDER BY n.id LIMIT \(request.size) OFFSET \(request.offset)
                """,
            ])
        }
        guard let owner = try answers[0].first?.decode(0, as: Int64.self), userID == nil || userID == owner else {
            return nil
        }
        return try Page(answers[2], of: answers[1], request, Self.decode)
    }

    /// The note and its event, in one transaction.
    ///
    /// - Throws: `OrderError.noSuchOrder` also for a customer who writes about somebody else's.
    package func add(
        _ draft: OrderNote.Draft,
        to number: OrderNumber,
        by actor: OrderActor
    ) async throws -> Committed<OrderNote> {
        try await database.write { transaction in
            let order = try await LockedOrder.find(number, for: actor, in: transaction)
            let row = try await transaction.query(
                """
                INSERT INTO order_notes (order_id, actor, kind, body)
                VALUES (\(order.id)::uuid, \(actor.rawValue), \(draft.kind.rawValue), \(draft.body))
                RETURNING id, kind, actor, body, created_at
                """
            ).first
            guard let row else { throw OrderError.noSuchOrder }
            let note = try Self.decode(row)
            let kind = note.kind == .customer ? "note_added" : "internal_note_added"
            transaction.enqueue(OrderEvent.insert(kind, order: order.id, by: actor, ["note_id": .string("\(note.id)")]))
            return note
        }
    }

    private static func decode(_ row: PostgresRow) throws -> OrderNote {
        OrderNote(
            id: try row.decode(0),
            kind: OrderNote.Kind(rawValue: try row.decode(1)) ?? .internal,
            actor: OrderActor(rawValue: try row.decode(2)),
            body: try row.decode(3),
            createdAt: try row.decode(4)
        )
    }
}
