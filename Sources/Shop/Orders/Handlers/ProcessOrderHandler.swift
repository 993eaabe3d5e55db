package import Jobs
package import Messages

/// Runs `order.process`. Idempotent by state: a step that an earlier delivery took is not taken again.
package struct ProcessOrderHandler: JobHandler {
    private let confirmOrder: ConfirmOrder
    private let updateInventory: UpdateInventory

    package init(confirmOrder: ConfirmOrder, updateInventory: UpdateInventory) {
        self.confirmOrder = confirmOrder
        self.updateInventory = updateInventory
    }

    package func handle(_ payload: ProcessOrder, context: JobContext) async throws -> Outcome {
        let number = payload.orderNumber
        // The job was committed with its order: without one, it is the message that is wrong.
        switch payload.action {
        case .confirm:
            let result = try await confirmOrder(number, in: context)
            return result == .noSuchOrder ? Self.noSuchOrder : .done
        case .updateInventory:
            let changed = try await updateInventory(number, idempotencyKey: context.idempotencyKey)
            return changed == nil ? Self.noSuchOrder : .done
        case .ship, .deliver, .cancel, .refund:
            return .reject(reason: "the action \(payload.action.rawValue) is not supported yet")
        }
    }

    private static let noSuchOrder = Outcome.reject(reason: "there is no such order")
}
