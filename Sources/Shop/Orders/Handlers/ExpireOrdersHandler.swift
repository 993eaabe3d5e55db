package import Jobs
package import Messages
import Observability

/// Runs `orders.expire`. Idempotent by state: what an earlier delivery cancelled is pending no more.
package struct ExpireOrdersHandler: JobHandler {
    private let cancelUnconfirmed: CancelUnconfirmed

    package init(cancelUnconfirmed: CancelUnconfirmed) { self.cancelUnconfirmed = cancelUnconfirmed }

    package func handle(_ payload: ExpireOrders, context: JobContext) async throws -> Outcome {
        guard (1...8_760).contains(payload.pendingHours) else {
            return .reject(reason: "pending_hours must be from 1 to 8760, not \(payload.pendingHours)")
        }
        let count = try await cancelUnconfirmed(pendingHours: payload.pendingHours)
        if count > 0 {
            context.logger.info("Orders that were not confirmed in time are cancelled", [.count: .int(count)])
        }
        return .done
    }
}
