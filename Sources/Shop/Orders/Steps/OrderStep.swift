import Messages

/// A step that a person asks for and a job takes.
package enum OrderStep: Equatable, Sendable {
    case ship(carrier: String, trackingNumber: String)
    case deliver
    case cancel(reason: String?)

    /// The state that it leads to.
    package var target: Order.Status {
        switch self {
        case .ship: .shipped
        case .deliver: .delivered
        case .cancel: .cancelled
        }
    }

    var action: ProcessOrder.Action {
        switch self {
        case .ship: .ship
        case .deliver: .deliver
        case .cancel: .cancel
        }
    }

    var mail: SendOrderMail.Template {
        switch self {
        case .ship: .orderShipped
        case .deliver: .orderDelivered
        case .cancel: .orderCancelled
        }
    }

    enum Decision: Equatable {
        case take
        /// An earlier delivery of the job, or an earlier request, did it.
        case takenBefore
        /// The state machine has no such edge.
        case refuse
    }

    /// Whether the step can be taken, from what the order's row says and nothing else.
    func decide(_ order: LockedOrder) -> Decision {
        if order.status.next.contains(target) { return .take }
        let isTaken =
            switch self {
            case .ship: order.wasShipped
            case .deliver: order.wasDelivered
            case .cancel: order.status == .cancelled
            }
        return isTaken ? .takenBefore : .refuse
    }
}

/// What became of a step.
package enum StepResult: Equatable, Sendable {
    case taken
    /// An earlier delivery did it, or the order has moved on since.
    case takenBefore
    /// The order is in a state from which no edge leads there.
    case refused(Order.Status)
    case noSuchOrder
}

/// Who has a step taken, and what ties it to the request that caused it.
package struct StepCause: Sendable {
    package let actor: OrderActor
    /// Of the job that takes the step.
    package let jobID: String
    /// The client's key, which goes on with the jobs that follow.
    package let idempotencyKey: String?

    package init(actor: OrderActor, jobID: String, idempotencyKey: String? = nil) {
        self.actor = actor
        self.jobID = jobID
        self.idempotencyKey = idempotencyKey
    }
}
