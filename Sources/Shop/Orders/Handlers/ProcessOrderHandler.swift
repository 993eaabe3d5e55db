package import Jobs
package import Messages
import Observability

/// Runs `order.process`. Idempotent by state: a step that an earlier delivery took is not taken again.
package struct ProcessOrderHandler: JobHandler {
    private let confirmOrder: ConfirmOrder
    private let takeStep: TakeStep
    private let refundOrder: RefundOrder
    private let updateInventory: UpdateInventory
    private let didStep: @Sendable (_ orderNumber: String) -> Void

    /// - Parameter didStep: told of each order that has something new in its timeline, after the commit. It must return
    ///   at once.
    package init(
        confirmOrder: ConfirmOrder,
        takeStep: TakeStep,
        refundOrder: RefundOrder,
        updateInventory: UpdateInventory,
        didStep: @escaping @Sendable (_ orderNumber: String) -> Void
    ) {
        self.confirmOrder = confirmOrder
        self.takeStep = takeStep
        self.refundOrder = refundOrder
        self.updateInventory = updateInventory
        self.didStep = didStep
    }

    package func handle(_ payload: ProcessOrder, context: JobContext) async throws -> Outcome {
        let number = payload.orderNumber
        switch payload.action {
        case .confirm:
            switch try await confirmOrder(number, in: context) {
            case .confirmed:
                didStep(number)
                return .done
            case .alreadyDecided: return .done
            case .noSuchOrder: return Self.noSuchOrder
            }
        case .ship:
            guard let carrier = payload.carrier, let trackingNumber = payload.trackingNumber else {
                return .reject(reason: "ship needs a carrier and a tracking_number")
            }
            return try await take(.ship(carrier: carrier, trackingNumber: trackingNumber), payload, context)
        case .deliver: return try await take(.deliver, payload, context)
        case .cancel: return try await take(.cancel(reason: payload.reason), payload, context)
        case .refund:
            guard let refundID = payload.refundID else { return .reject(reason: "refund needs a refund_id") }
            return outcome(try await refundOrder(refundID, of: number, cause(payload, context)), payload, context)
        case .updateInventory:
            guard let mismatches = try await updateInventory(number, cause(payload, context)) else {
                return Self.noSuchOrder
            }
            if !mismatches.isEmpty {
                context.logger.error(
                    "An order's lines do not agree with the stock ledger",
                    [.count: .int(mismatches.count)]
                )
            }
            return .done
        }
    }

    private func take(_ step: OrderStep, _ payload: ProcessOrder, _ context: JobContext) async throws -> Outcome {
        outcome(try await takeStep(step, of: payload.orderNumber, cause(payload, context)), payload, context)
    }

    private func cause(_ payload: ProcessOrder, _ context: JobContext) -> StepCause {
        StepCause(
            actor: OrderActor(rawValue: payload.actor ?? ProcessOrder.name),
            jobID: context.id,
            idempotencyKey: context.idempotencyKey
        )
    }

    private func outcome(_ result: StepResult, _ payload: ProcessOrder, _ context: JobContext) -> Outcome {
        switch result {
        case .taken: didStep(payload.orderNumber)
        case .takenBefore: break
        case .refused(let status):
            // Not the job's fault: there was an edge when it was asked for. The timeline tells who asked.
            context.logger.notice(
                "A step came too late for its order",
                [.action: .string(payload.action.rawValue), .orderStatus: .string(status.rawValue)]
            )
            didStep(payload.orderNumber)
        case .noSuchOrder: return Self.noSuchOrder
        }
        return .done
    }

    /// The job was committed with its order, so it is the message that is wrong.
    private static let noSuchOrder = Outcome.reject(reason: "there is no such order")
}

extension LogKey {
    static let action: LogKey = "action"
    static let orderStatus: LogKey = "order_status"
}
