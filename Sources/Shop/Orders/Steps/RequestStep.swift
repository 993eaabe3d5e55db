package import Database
import Jobs
import Messages
package import Outbox
import Postgres

/// Takes a person's wish for a step: checked at once on the primary, so that a forbidden edge is refused to his face, and
/// then left to a job, which checks again. The job goes by the urgent lane: somebody waits for it.
package struct RequestStep: Sendable {
    package struct Accepted: Equatable, Sendable {
        package let number: String
        /// As it was when the step was asked for.
        package let status: Order.Status
        /// There was nothing left to do.
        package let wasTakenBefore: Bool
    }

    private let database: Database
    private let outbox: OutboxPublisher

    package init(database: Database, outbox: OutboxPublisher) {
        self.database = database
        self.outbox = outbox
    }

    /// - Parameter idempotencyKey: goes on with the jobs; the step itself needs none, since its state tells.
    /// - Throws: `OrderError.noSuchOrder` also for a customer who asks about somebody else's, `.forbiddenStep`.
    package func callAsFunction(
        _ step: OrderStep,
        of number: OrderNumber,
        by actor: OrderActor,
        idempotencyKey: String? = nil
    ) async throws -> Committed<Accepted> {
        let committed = try await database.write { transaction -> (Accepted, [OutboxEntry]) in
            let order = try await LockedOrder.find(number, for: actor, in: transaction)
            let decision = step.decide(order)
            if decision == .refuse { throw OrderError.forbiddenStep(from: order.status, to: step.target) }
            let accepted = Accepted(
                number: order.number,
                status: order.status,
                wasTakenBefore: decision == .takenBefore
            )
            if accepted.wasTakenBefore { return (accepted, []) }
            let job = try Self.job(step, order.number, actor, idempotencyKey)
            return (accepted, try await OutboxStore.add([job], to: transaction))
        }
        outbox.submit(committed.value.1, lsn: committed.lsn)
        return Committed(value: committed.value.0, lsn: committed.lsn)
    }

    private static func job(
        _ step: OrderStep,
        _ number: String,
        _ actor: OrderActor,
        _ idempotencyKey: String?
    ) throws -> OutboxEntry {
        var (carrier, trackingNumber, reason): (String?, String?, String?)
        switch step {
        case .ship(let name, let tracking): (carrier, trackingNumber) = (name, tracking)
        case .cancel(let why): reason = why
        case .deliver: break
        }
        return try OutboxEntry(
            ProcessOrder(
                action: step.action,
                orderNumber: number,
                actor: actor.rawValue,
                carrier: carrier,
                trackingNumber: trackingNumber,
                reason: reason
            ),
            lane: .urgent,
            idempotencyKey: idempotencyKey,
            correlationID: number
        )
    }
}

extension LockedOrder {
    /// - Throws: `OrderError.noSuchOrder` also for a customer who asks about somebody else's, so that numbers cannot be
    ///   tried out.
    static func find(
        _ number: OrderNumber,
        for actor: OrderActor,
        in transaction: PostgresTransaction
    ) async throws -> LockedOrder {
        let order = try await transaction.query(lock(number.rawValue)).first.map(LockedOrder.init)
        return try visible(order, to: actor)
    }

    static func visible(_ order: LockedOrder?, to actor: OrderActor) throws(OrderError) -> LockedOrder {
        guard let order else { throw .noSuchOrder }
        if case .customer(let id) = actor, order.userID != id { throw .noSuchOrder }
        return order
    }
}
