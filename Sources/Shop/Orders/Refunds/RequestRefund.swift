import Crypto
package import Database
import Foundation
package import Idempotency
import Jobs
import Messages
package import Outbox
import Postgres
package import Validation

/// What somebody of the shop wants to give back.
package struct RefundRequest: Equatable, Sendable {
    /// Minor units; `nil` for all that is left.
    package let amount: Int64?
    package let reason: String

    /// - Throws: `ValidationError`.
    package init(amount: Int64?, reason: String) throws(ValidationError) {
        var validator = Validator()
        self.amount = amount
        self.reason = validator.line(reason, "reason", length: 1...500)
        if let amount { validator.require(amount > 0, "amount", "must be more than 0") }
        try validator.finish()
    }

    /// Equal for requests that ask for the same.
    func fingerprint(_ number: OrderNumber) -> [UInt8] {
        SHA256.hash(Array("\(number.rawValue)\n\(amount.map(String.init) ?? "all")\n\(reason)".utf8))
    }
}

/// Takes a refund: its amount is reserved at once, under the order's lock, so that no two of them add up to more than the
/// order cost; a job then carries it out. A key that comes again gets the first answer.
package struct RequestRefund: Sendable {
    private let database: Database
    private let outbox: OutboxPublisher

    package init(database: Database, outbox: OutboxPublisher) {
        self.database = database
        self.outbox = outbox
    }

    private struct Written: Sendable {
        let answer: PlaceOrder.Answer
        let jobs: [OutboxEntry]
    }

    /// - Parameter render: the body of the answer. It is stored in the refund's transaction.
    /// - Throws: `OrderError`.
    package func callAsFunction(
        _ request: RefundRequest,
        of number: OrderNumber,
        by actor: OrderActor,
        userID: Int64,
        key: IdempotencyKey,
        render: @Sendable (Refund, _ currency: String) throws -> [UInt8]
    ) async throws -> Committed<PlaceOrder.Answer> {
        let record = IdempotencyRecord(userID: userID, route: "POST /api/orders/{number}/refunds", key: key)
        let requestHash = request.fingerprint(number)
        let committed = try await database.write { transaction -> Written in
            let first = try await transaction.pipeline([
                record.tryLock, record.find, LockedOrder.lock(number.rawValue, behind: record.tryLock),
            ])
            guard try first[0].first?.decode(0, as: Bool.self) == true else { throw OrderError.inFlight }
            if let stored = try first[1].first.map(IdempotencyRecord.decode) {
                return Written(answer: try PlaceOrder.replay(stored, requestHash), jobs: [])
            }
            let order = try LockedOrder.visible(try first[2].first.map(LockedOrder.init), to: actor)
            let refund = Refund(
                id: UUIDv7().description,
                amount: try RefundPolicy.amount(request.amount, of: order),
                reason: request.reason,
                createdAt: Date()
            )
            let body = try render(refund, order.currency)
            let job = try OutboxEntry(
                ProcessOrder(action: .refund, orderNumber: order.number, actor: actor.rawValue, refundID: refund.id),
                lane: .urgent,
                idempotencyKey: key.value,
                correlationID: order.number
            )
            for statement in Self.write(refund, order, actor) { transaction.enqueue(statement) }
            transaction.enqueue(OutboxStore.insert([job]))
            transaction.enqueue(record.insert(requestHash: requestHash, status: 202, body: body))
            return Written(answer: PlaceOrder.Answer(status: 202, body: body, isReplay: false), jobs: [job])
        }
        outbox.submit(committed.value.jobs, lsn: committed.lsn)
        return Committed(value: committed.value.answer, lsn: committed.lsn)
    }

    private static func write(_ refund: Refund, _ order: LockedOrder, _ actor: OrderActor) -> [PostgresQuery] {
        [
            "UPDATE orders SET refunded_amount = refunded_amount + \(refund.amount) WHERE id = \(order.id)::uuid",
            """
            INSERT INTO order_refunds (id, order_id, amount, reason, actor, created_at)
            VALUES (\(refund.id)::uuid, \(order.id)::uuid, \(refund.amount), \(refund.reason), \(actor.rawValue),
                \(refund.createdAt))
            """,
            OrderEvent.insert(
                "refund_requested",
                order: order.id,
                by: actor,
                ["amount": .integer(refund.amount), "refund_id": .string(refund.id), "reason": .string(refund.reason)]
            ),
        ]
    }
}
