import Catalog
package import Database
import Jobs
import Messages
package import Outbox
import Payments
import Postgres

/// Ships, delivers or cancels an order: one transaction for the change of state, its event, and the jobs that follow.
///
/// Idempotent by state: the row is locked and says whether the step was taken before.
package struct TakeStep: Sendable {
    private let database: Database
    private let outbox: OutboxPublisher

    package init(database: Database, outbox: OutboxPublisher) {
        self.database = database
        self.outbox = outbox
    }

    package func callAsFunction(_ step: OrderStep, of number: String, _ cause: StepCause) async throws -> StepResult {
        let committed = try await database.write { transaction -> (StepResult, [OutboxEntry]) in
            guard let row = try await transaction.query(LockedOrder.lock(number)).first else {
                return (.noSuchOrder, [])
            }
            let order = try LockedOrder(row)
            switch step.decide(order) {
            case .take: return (.taken, try await take(step, order, cause, transaction))
            case .takenBefore: return (.takenBefore, [])
            case .refuse:
                transaction.enqueue(RefusedStep.record(step.action, order, cause))
                return (.refused(order.status), [])
            }
        }
        outbox.submit(committed.value.1, lsn: committed.lsn)
        return committed.value.0
    }

    private func take(
        _ step: OrderStep,
        _ order: LockedOrder,
        _ cause: StepCause,
        _ transaction: PostgresTransaction
    ) async throws -> [OutboxEntry] {
        transaction.enqueue(Self.update(order, step))
        transaction.enqueue(
            OrderEvent.insert(step.target.rawValue, order: order.id, by: cause.actor, Self.detail(of: step))
        )
        var jobs = [try FollowUp.mail(step.mail, order.number, cause)]
        switch step {
        case .ship: transaction.enqueue(try PaymentRequests.capture(ofOrder: order.number))
        case .deliver: break
        case .cancel:
            try await giveBack(order, cause, transaction)
            jobs.append(try FollowUp.updateInventory(order.number, cause))
        }
        return try await OutboxStore.add(jobs, to: transaction)
    }

    /// The stock, the payment, and the use of a discount that did not get as far as a confirmed order.
    private func giveBack(
        _ order: LockedOrder,
        _ cause: StepCause,
        _ transaction: PostgresTransaction
    ) async throws {
        transaction.enqueue(try PaymentRequests.void(ofOrder: order.number))
        _ = try await ReturnStock.ofOrders([order.id], .cancellation, actor: cause.actor.userID, in: transaction)
        if order.status == .pending { transaction.enqueue(ReturnDiscount.ofOrders([order.id])) }
    }

    /// The state stands in the condition too: the lock is why it holds, and the condition says that it must.
    private static func update(_ order: LockedOrder, _ step: OrderStep) -> PostgresQuery {
        """
        UPDATE orders SET status = \(step.target.rawValue), updated_at = now()\(further(step))
        WHERE id = \(order.id)::uuid AND status = \(order.status.rawValue)
        """
    }

    private static func further(_ step: OrderStep) -> PostgresQuery {
        switch step {
        case .ship(let carrier, let trackingNumber):
            ", shipped_at = now(), carrier = \(carrier), tracking_number = \(trackingNumber)"
        case .deliver: ", delivered_at = now()"
        case .cancel: ""
        }
    }

    private static func detail(of step: OrderStep) -> EventDetail {
        switch step {
        case .ship(let carrier, let trackingNumber):
            ["carrier": .string(carrier), "tracking_number": .string(trackingNumber)]
        case .cancel(let reason?): ["reason": .string(reason)]
        case .deliver, .cancel: [:]
        }
    }
}
