package import Topology

/// Whom a fleet asks how it goes, and what operators want.
package struct FleetSources: Sendable {
    /// What operators said about one queue.
    package struct Order: Sendable, Equatable {
        package var isPaused: Bool
        /// Workers that it is to have; `nil` leaves it to the policy.
        package var workers: Int?
        /// Starts in a second, of which `.some(nil)` means no limit; `nil` leaves it to the queue's file.
        package var limit: Int??

        package init(isPaused: Bool = false, workers: Int? = nil, limit: Int?? = nil) {
            self.isPaused = isPaused
            self.workers = workers
            self.limit = limit
        }
    }

    /// Those of these queues that the broker has.
    package var broker: @Sendable (_ names: Set<String>) async throws -> [QueueStatus]
    /// The text of `/metrics` behind a port of this machine; `nil` where nobody answers.
    package var metrics: @Sendable (_ port: Int) async -> String?
    /// By queue; a queue that nobody spoke of may be missing.
    package var orders: @Sendable () async throws -> [String: Order]

    package init(
        broker: @escaping @Sendable (_ names: Set<String>) async throws -> [QueueStatus],
        metrics: @escaping @Sendable (_ port: Int) async -> String?,
        orders: @escaping @Sendable () async throws -> [String: Order]
    ) {
        self.broker = broker
        self.metrics = metrics
        self.orders = orders
    }
}
