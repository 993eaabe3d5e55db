package import Jobs
package import Messages
import Observability

/// Runs `shop.prune`. Idempotent by state: what is gone is not deleted again.
package struct PruneShopHandler: JobHandler {
    private let pruneTables: PruneTables

    package init(pruneTables: PruneTables) { self.pruneTables = pruneTables }

    package func handle(_ payload: PruneShop, context: JobContext) async throws -> Outcome {
        for (table, count) in try await pruneTables() where count > 0 {
            context.logger.info("Old rows are deleted", [.name: .string(table), .count: .int(count)])
        }
        return .done
    }
}
