package import Jobs
package import Messages

/// Runs `order.process`. Idempotent by state: a step that an earlier delivery took is not taken again.
package struct ProcessOrderHandler: JobHandler {
    private let confirmOrder: ConfirmOrder

    package init(confirmOrder: ConfirmOrder) { self.confirmOrder = confirmOrder }

    package func handle(_ payload: ProcessOrder, context: JobContext) async throws -> Outcome {
        switch payload.action {
        case .confirm:
            switch try await confirmOrder(payload.orderNumber, idempotencyKey: context.idempotencyKey) {
            case .confirmed, .alreadyDecided: .done
            // The job was committed with its order, so it is the message that is wrong.
            case .noSuchOrder: .reject(reason: "there is no such order")
            }
        case .ship, .deliver, .cancel, .refund, .updateInventory:
            .reject(reason: "the action \(payload.action.rawValue) is not supported yet")
        }
    }
}
