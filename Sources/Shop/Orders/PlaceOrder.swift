package import Database
package import Foundation
package import Idempotency
import Jobs
import Messages
import Observability
package import Outbox
import Payments
import Postgres

/// Places an order: one transaction on the primary, in two round trips.
///
/// The first claims the idempotency key, looks for its answer, locks the cart's lines and the variants, and reads what
/// shipping, taxes and discounts say; the second takes the stock and writes order, lines, event, jobs and answer, with
/// COMMIT and the commit's position behind them. The jobs go to the broker after the customer has the answer; one of them
/// asks for the payment, if there is one.
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
        let record = IdempotencyRecord(userID: userID, route: "POST /api/orders", key: key)
        do {
            return try await attempt(request, record, render)
        } catch let error as PostgresError where error.code == .commitUnknown {
            // Behind the lock the lost transaction is over, one way or the other.
            let stored = try await database.outlastingFailover { try await storedAnswer(request, record) }
            if let stored { return stored }
            return try await attempt(request, record, render)
        } catch let error as PostgresError where error.isUniqueViolation("orders_order_number_key") {
            return try await attempt(request, record, render)
        } catch let error as PostgresError {
            throw Self.refusal(error, request) ?? error
        }
    }

    /// Somebody else's checkout was faster to the last use of a discount.
    private static func refusal(_ error: PostgresError, _ request: OrderRequest) -> OrderError? {
        guard let code = request.discountCode else { return nil }
        switch error.constraint {
        case "discounts_usage_limit": return .discountRefused(code, .usedUp)
        case "discount_redemptions_customer_limit": return .discountRefused(code, .usedUpByCustomer)
        case "discount_redemptions_discount": return .discountRefused(code, .unknown)
        default: return nil
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
        let first = try await transaction.pipeline(
            [record.tryLock, record.find]
                + CheckoutReading.locking(request, userID: record.userID, behind: record.tryLock)
        )
        guard try first[0].first?.decode(0, as: Bool.self) == true else { throw OrderError.inFlight }
        if let stored = try first[1].first.map(IdempotencyRecord.decode) {
            return Written(answer: try Self.replay(stored, requestHash), jobs: [])
        }
        let reading = try CheckoutReading(first.dropFirst(2), request)
        let createdAt = now()
        let checkout = try Checkout(reading, request, now: createdAt)
        let order = Self.order(checkout, request, userID: record.userID, createdAt: createdAt)
        let body = try render(order)
        let jobs = try Self.jobs(for: order, checkout, isUrgent: reading.terms.shipping.isUrgent, key: record.key)
        for statement in OrderStatements.place(order, checkout, request, key: record.key) {
            transaction.enqueue(statement)
        }
        transaction.enqueue(OutboxStore.insert(jobs))
        transaction.enqueue(record.insert(requestHash: requestHash, status: 201, body: body))
        return Written(answer: Answer(status: 201, body: body, isReplay: false), jobs: jobs)
    }

    private static func order(
        _ checkout: Checkout,
        _ request: OrderRequest,
        userID: Int64,
        createdAt: Date
    ) -> Order {
        // Whole milliseconds: what the answer says is what the database keeps.
        let createdAt = Date(timeIntervalSince1970: (createdAt.timeIntervalSince1970 * 1000).rounded(.down) / 1000)
        return Order(
            number: .generate(at: createdAt),
            userID: userID,
            status: .pending,
            currency: checkout.currency,
            items: checkout.items,
            amounts: checkout.amounts,
            taxLines: checkout.taxLines,
            shippingAddress: request.shippingAddress,
            shippingMethod: request.shippingMethod,
            discountCode: request.discountCode,
            // Nothing to pay is nothing to authorise.
            paymentStatus: request.payment != nil && checkout.amounts.total > 0 ? .pending : .none,
            createdAt: createdAt
        )
    }

    private static func jobs(
        for order: Order,
        _ checkout: Checkout,
        isUrgent: Bool,
        key: IdempotencyKey
    ) throws -> [OutboxEntry] {
        let number = order.number.rawValue
        func entry(_ job: some Job, lane: JobLane? = nil) throws -> OutboxEntry {
            try OutboxEntry(job, lane: lane, idempotencyKey: key.value, correlationID: number)
        }
        var jobs = [
            // What is paid for is confirmed behind its payment's answer.
            order.paymentStatus == .pending
                ? try entry(ProcessPayment(action: .authorize, subject: number))
                : try entry(ProcessOrder(action: .confirm, orderNumber: number), lane: isUrgent ? .urgent : nil),
            try entry(SendOrderMail(template: .orderPlaced, orderNumber: number)),
        ]
        if checkout.takesLastUnit {
            jobs.append(try entry(ProcessOrder(action: .updateInventory, orderNumber: number)))
        }
        return jobs
    }

    private func storedAnswer(_ request: OrderRequest, _ record: IdempotencyRecord) async throws -> Committed<Answer>? {
        let committed = try await database.write { transaction in
            try await transaction.pipeline([record.lock, record.find])[1].first.map(IdempotencyRecord.decode)
        }
        guard let stored = committed.value else { return nil }
        return Committed(value: try Self.replay(stored, try request.fingerprint()), lsn: committed.lsn)
    }

    static func replay(
        _ stored: IdempotencyRecord.StoredAnswer,
        _ requestHash: [UInt8]
    ) throws(OrderError) -> Answer {
        guard stored.requestHash == requestHash else { throw .keyReused }
        return Answer(status: stored.status, body: stored.body, isReplay: true)
    }
}
