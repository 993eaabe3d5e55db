import Catalog
package import Database
import Jobs
import Messages
package import Outbox
import Payments
import Postgres

/// Carries out a refund that was asked for: one transaction for the refund's row, what is asked of the payment, the event,
/// the order's state once everything is given back, and the jobs that follow. The payment status follows the payment.
///
/// Idempotent by state: the refund's row says whether it was settled before. Stock comes back only where the goods never
/// left: what was shipped is not on the shelf again because its price was given back.
package struct RefundOrder: Sendable {
    private let database: Database
    private let outbox: OutboxPublisher

    package init(database: Database, outbox: OutboxPublisher) {
        self.database = database
        self.outbox = outbox
    }

    package func callAsFunction(_ refundID: String, of number: String, _ cause: StepCause) async throws -> StepResult {
        let committed = try await database.write { transaction -> (StepResult, [OutboxEntry]) in
            guard let row = try await transaction.query(LockedOrder.lock(number)).first else {
                return (.noSuchOrder, [])
            }
            let order = try LockedOrder(row)
            guard let (refund, doneBefore) = try await Self.find(refundID, order, transaction) else {
                return (.noSuchOrder, [])
            }
            guard refund.status == .requested else { return (.takenBefore, []) }
            guard try await Self.canGiveBack(refund, order, transaction) else {
                Self.refuse(refund, order, cause, transaction)
                return (.refused(order.status), [])
            }
            let completes = RefundPolicy.completes(refund, order, doneBefore: doneBefore)
            return (.taken, try await settle(refund, order, completes: completes, cause, transaction))
        }
        outbox.submit(committed.value.1, lsn: committed.lsn)
        return committed.value.0
    }

    private static func find(
        _ id: String,
        _ order: LockedOrder,
        _ transaction: PostgresTransaction
    ) async throws -> (Refund, doneBefore: Int64)? {
        try await transaction.query(
            """
            SELECT \(Refund.columns), (
                SELECT coalesce(sum(amount), 0)::bigint FROM order_refunds
                WHERE order_id = r.order_id AND status = 'done'
            )
            FROM order_refunds r WHERE r.id::text = \(id) AND r.order_id = \(order.id)::uuid
            """
        ).first.map { (try Refund($0), try $0.decode(6)) }
    }

    private func settle(
        _ refund: Refund,
        _ order: LockedOrder,
        completes: Bool,
        _ cause: StepCause,
        _ transaction: PostgresTransaction
    ) async throws -> [OutboxEntry] {
        transaction.enqueue(
            "UPDATE order_refunds SET status = 'done', settled_at = now() WHERE id = \(refund.id)::uuid"
        )
        transaction.enqueue(
            """
            UPDATE orders SET updated_at = now(), status = CASE WHEN \(completes) THEN 'refunded' ELSE status END
            WHERE id = \(order.id)::uuid AND status = \(order.status.rawValue)
            """
        )
        transaction.enqueue(
            OrderEvent.insert(
                completes ? Order.Status.refunded.rawValue : "partially_refunded",
                order: order.id,
                by: cause.actor,
                [
                    "amount": .integer(refund.amount), "currency": .string(order.currency),
                    "refund_id": .string(refund.id), "reason": .string(refund.reason),
                ]
            )
        )
        var jobs = [try FollowUp.mail(.orderRefunded, order.number, cause, refundID: refund.id)]
        if completes, !order.wasShipped {
            _ = try await ReturnStock.ofOrders([order.id], .refund, actor: cause.actor.userID, in: transaction)
            jobs.append(try FollowUp.updateInventory(order.number, cause))
        }
        return try await OutboxStore.add(jobs, to: transaction)
    }

    /// Whether the order's state has the edge and its payment has as much to give back, which is then asked of it. An order
    /// that was paid for elsewhere is given back there.
    private static func canGiveBack(
        _ refund: Refund,
        _ order: LockedOrder,
        _ transaction: PostgresTransaction
    ) async throws -> Bool {
        guard order.status.next.contains(.refunded) else { return false }
        if order.paymentStatus == .none || refund.amount == 0 { return true }
        let request = try PaymentRequests.refund(ofOrder: order.number, amount: refund.amount, key: refund.id)
        return try await !transaction.query(request).isEmpty
    }

    /// The order was cancelled or refunded meanwhile: what was reserved is free again.
    private static func refuse(
        _ refund: Refund,
        _ order: LockedOrder,
        _ cause: StepCause,
        _ transaction: PostgresTransaction
    ) {
        transaction.enqueue(
            "UPDATE order_refunds SET status = 'refused', settled_at = now() WHERE id = \(refund.id)::uuid"
        )
        transaction.enqueue(
            "UPDATE orders SET refunded_amount = refunded_amount - \(refund.amount) WHERE id = \(order.id)::uuid"
        )
        transaction.enqueue(RefusedStep.record(.refund, order, cause))
    }
}
