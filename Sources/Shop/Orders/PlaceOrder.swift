package import Database
package import Foundation
import Jobs
import Messages
import Observability
package import Outbox
import Postgres

/// Places an order: one transaction on the primary, in two round trips.
///
/// The first claims the idempotency key, looks for its answer and locks the variants; the second takes the stock and
/// writes order, lines, event, jobs and answer, with COMMIT and the commit's position behind them. The jobs go to the
/// broker after the customer has the answer.
package struct PlaceOrder: Sendable {
    /// What the client is told, and told again for the same key.
    package struct Answer: Sendable, Equatable {
        package let status: Int
        package let body: [UInt8]
        /// The order was placed by an earlier request with this key.
        package let isReplay: Bool
    }

    private let database: Database
    private let outbox: OutboxPublisher
    private let now: @Sendable () -> Date

    package init(database: Database, outbox: OutboxPublisher, now: @escaping @Sendable () -> Date = { Date() }) {
        self.database = database
        self.outbox = outbox
        self.now = now
    }

    /// - Parameter render: the body of the answer to a placed order. It is stored in the order's transaction, so that a
    ///   repeated request gets the same bytes.
    /// - Throws: `OrderError`; `PostgresError` with `.commitUnknown` only when the primary cannot say afterwards either.
    package func callAsFunction(
        _ request: OrderRequest,
        userID: Int64,
        key: IdempotencyKey,
        render: @Sendable (Order) throws -> [UInt8]
    ) async throws -> Committed<Answer> {
        let record = IdempotencyRecord(userID: userID, key: key)
        do {
            return try await attempt(request, record, render)
        } catch let error as PostgresError where error.code == .commitUnknown {
            // Behind the lock the lost transaction is over, one way or the other.
            if let answer = try await storedAnswer(request, record) { return answer }
            return try await attempt(request, record, render)
        } catch let error as PostgresError where error.isUniqueViolation("orders_order_number_key") {
            return try await attempt(request, record, render)
        }
    }

    private struct Written: Sendable {
        let answer: Answer
        let jobs: [OutboxEntry]
    }

    private func attempt(
        _ request: OrderRequest,
        _ record: IdempotencyRecord,
        _ render: @Sendable (Order) throws -> [UInt8]
    ) async throws -> Committed<Answer> {
        let committed = try await database.write { transaction in
            try await write(request, record, render, transaction)
        }
        if !committed.value.jobs.isEmpty {
            outbox.submit(committed.value.jobs, lsn: committed.lsn)
        }
        return Committed(value: committed.value.answer, lsn: committed.lsn)
    }

    private func write(
        _ request: OrderRequest,
        _ record: IdempotencyRecord,
        _ render: @Sendable (Order) throws -> [UInt8],
        _ transaction: PostgresTransaction
    ) async throws -> Written {
        let requestHash = try request.fingerprint()
        let first = try await transaction.pipeline([
            record.tryLock,
            record.find,
            LockedVariant.lock(request.lines.map(\.variantID), behind: record.tryLock),
        ])
        guard try first[0].first?.decode(0, as: Bool.self) == true else { throw OrderError.inFlight }
        if let stored = try first[1].first.map(IdempotencyRecord.decode) {
            return Written(answer: try Self.replay(stored, requestHash), jobs: [])
        }
        let checkout = try Checkout(request.lines, from: try first[2].map(LockedVariant.init))
        let order = order(checkout, request, userID: record.userID)
        let body = try render(order)
        let jobs = try Self.jobs(for: order, request.shippingMethod, key: record.key)
        for statement in OrderStatements.place(order, checkout, request, key: record.key) {
            transaction.enqueue(statement)
        }
        transaction.enqueue(OutboxStore.insert(jobs))
        transaction.enqueue(record.insert(requestHash: requestHash, status: 201, body: body))
        return Written(answer: Answer(status: 201, body: body, isReplay: false), jobs: jobs)
    }

    private func order(_ checkout: Checkout, _ request: OrderRequest, userID: Int64) -> Order {
        // Whole milliseconds: what the answer says is what the database keeps.
        let createdAt = Date(timeIntervalSince1970: (now().timeIntervalSince1970 * 1000).rounded(.down) / 1000)
        return Order(
            number: .generate(at: createdAt),
            userID: userID,
            status: .pending,
            currency: checkout.currency,
            items: checkout.items,
            amounts: checkout.amounts,
            shippingAddress: request.shippingAddress,
            createdAt: createdAt
        )
    }

    private static func jobs(
        for order: Order,
        _ shippingMethod: OrderRequest.ShippingMethod,
        key: IdempotencyKey
    ) throws -> [OutboxEntry] {
        let number = order.number.rawValue
        return [
            try OutboxEntry(
                ProcessOrder(action: .confirm, orderNumber: number),
                lane: shippingMethod == .express ? .urgent : nil,
                idempotencyKey: key.value,
                correlationID: number
            ),
            try OutboxEntry(
                SendOrderMail(template: .orderPlaced, orderNumber: number),
                idempotencyKey: key.value,
                correlationID: number
            ),
        ]
    }

    private func storedAnswer(_ request: OrderRequest, _ record: IdempotencyRecord) async throws -> Committed<Answer>? {
        let committed = try await database.write { transaction in
            try await transaction.pipeline([record.lock, record.find])[1].first.map(IdempotencyRecord.decode)
        }
        guard let stored = committed.value else { return nil }
        return Committed(value: try Self.replay(stored, try request.fingerprint()), lsn: committed.lsn)
    }

    private static func replay(
        _ stored: IdempotencyRecord.StoredAnswer,
        _ requestHash: [UInt8]
    ) throws(OrderError) -> Answer {
        guard stored.requestHash == requestHash else { throw .keyReused }
        return Answer(status: stored.status, body: stored.body, isReplay: true)
    }
}
