import Catalog
import Database
import Foundation
import Jobs
import Messages
import Observability
import Outbox
import Payments
import Postgres

/// What the shop makes of a gateway's answer, however it learned of it: by asking or by a webhook. Each is idempotent by
/// the payment's state, so the two may come in any order and twice.
struct RecordPayment: Sendable {
    private let database: Database
    private let outbox: OutboxPublisher

    init(database: Database, outbox: OutboxPublisher) {
        self.database = database
        self.outbox = outbox
    }

    /// Authorised: the order goes on to be confirmed, unless it was cancelled meanwhile. One statement.
    func approval(of payment: OrderPayment, reference: String?) async throws {
        let job = try OutboxEntry(
            ProcessOrder(action: .confirm, orderNumber: payment.orderNumber),
            lane: payment.isUrgent ? .urgent : nil,
            idempotencyKey: payment.idempotencyKey,
            correlationID: payment.orderNumber
        )
        let answer = try await database.write([
            """
            WITH payment AS (
                UPDATE payments SET status = 'authorized', reference = coalesce(\(reference), reference), token = NULL,
                    updated_at = now()
                WHERE id = \(payment.id) AND status IN ('authorizing', 'pending') RETURNING order_id
            ), paid AS (
                UPDATE orders o SET payment_status = 'authorized', updated_at = now() FROM payment
                WHERE o.id = payment.order_id RETURNING o.id, o.status
            ), event AS (
                \(Self.event("payment_authorized", forEach: "paid"))
            ), awaiting AS (
                SELECT FROM paid WHERE status = 'pending'
            ), job AS (
                \(OutboxStore.insert(job, forEach: "awaiting"))
            )
            SELECT EXISTS (SELECT FROM awaiting)
            """
        ])
        if try answer[0].first?.decode(0, as: Bool.self) == true { outbox.submit([job]) }
    }

    /// Not decided yet; the gateway's name for it is kept, to ask by.
    func pending(_ payment: OrderPayment, reference: String?) async throws {
        _ = try await database.write([
            """
            UPDATE payments SET status = 'pending', reference = coalesce(\(reference), reference), updated_at = now()
            WHERE id = \(payment.id) AND status = 'authorizing'
            """
        ])
    }

    /// Declined: the order is cancelled, its stock and its discount's use go back, and the customer hears of it. One
    /// transaction.
    ///
    /// - Returns: whether this call did it.
    @discardableResult
    func decline(of payment: OrderPayment, reference: String?, reason: String) async throws -> Bool {
        let committed = try await database.write { transaction in
            try await decline(payment, reference, reason, transaction)
        }
        outbox.submit(committed.value ?? [], lsn: committed.lsn)
        return committed.value != nil
    }

    /// - Returns: the jobs that follow; nil when the payment was decided before.
    private func decline(
        _ payment: OrderPayment,
        _ reference: String?,
        _ reason: String,
        _ transaction: PostgresTransaction
    ) async throws -> [OutboxEntry]? {
        // The order's row first, as everybody locks it before what belongs to it.
        let answers = try await transaction.pipeline([
            "SELECT FROM orders WHERE id = \(payment.orderID)::uuid FOR NO KEY UPDATE",
            """
            UPDATE payments SET status = 'declined', decline_reason = \(reason), token = NULL, updated_at = now(),
                reference = coalesce(\(reference), reference)
            WHERE id = \(payment.id) AND status IN ('authorizing', 'pending') RETURNING id
            """,
        ])
        if answers[1].isEmpty { return nil }
        let cancelled = try await transaction.query(
            """
            WITH cancelled AS (
                UPDATE orders SET status = 'cancelled', payment_status = 'declined', updated_at = now()
                WHERE id = \(payment.orderID)::uuid AND status = 'pending' RETURNING id
            ), event AS (
                INSERT INTO order_events (order_id, kind, actor, detail, traceparent)
                SELECT id, kind, 'payment.process', jsonb_build_object('reason', \(reason)::text),
                    \(TraceContext.current?.traceparent)::text
                FROM cancelled, unnest(ARRAY['payment_declined', 'cancelled']) AS kind
            )
            SELECT id::text FROM cancelled
            """
        )
        guard let id = try cancelled.first?.decode(0, as: String.self) else { return [] }
        let products = try await ReturnStock.ofOrders([id], .cancellation, in: transaction)
        transaction.enqueue(ReturnDiscount.ofOrders([id]))
        let mail = try OutboxEntry(
            SendOrderMail(template: .paymentFailed, orderNumber: payment.orderNumber),
            idempotencyKey: payment.idempotencyKey,
            correlationID: payment.orderNumber
        )
        let documents = try await StockVisibility.refresh(products, in: transaction).map { product in
            let job = IndexProduct.index(product)
            return try OutboxEntry(job, unique: job.uniqueKey)
        }
        return try await OutboxStore.add([mail] + documents, to: transaction)
    }

    /// Taken, released or given back: what the customer sees follows from what is left. Without effect where the payment is
    /// not what it was when it was read.
    func settlement(of payment: OrderPayment, as status: OrderPayment.Status, event: String) -> PostgresQuery {
        """
        WITH payment AS (
            UPDATE payments SET status = \(status.rawValue), token = NULL, updated_at = now()
            WHERE id = \(payment.id) AND status = \(payment.status.rawValue)
            RETURNING order_id, status, amount, refunded_amount
        ), shown AS (
            UPDATE orders o SET updated_at = now(), payment_status = CASE
                    WHEN payment.status = 'voided' THEN 'voided'
                    WHEN payment.refunded_amount = payment.amount THEN 'refunded'
                    WHEN payment.refunded_amount > 0 THEN 'partially_refunded'
                    WHEN payment.status = 'captured' THEN 'paid'
                    ELSE 'authorized'
                END
            FROM payment WHERE o.id = payment.order_id RETURNING o.id
        )
        \(Self.event(event, forEach: "shown"))
        """
    }

    /// - Parameter rows: a common table expression with the column `id` of an order.
    static func event(_ kind: String, forEach rows: String) -> PostgresQuery {
        """
        INSERT INTO order_events (order_id, kind, actor, traceparent)
        SELECT id, \(kind), 'payment.process', \(TraceContext.current?.traceparent)::text FROM \(unsafeSQL: rows)
        """
    }
}
