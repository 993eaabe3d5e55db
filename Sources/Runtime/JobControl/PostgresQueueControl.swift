package import Jobs
import Lifecycle
import Observability
package import Postgres
import Threading

/// The control of queues for a fleet: the table `queue_control` of the primary.
///
/// `run()` reads the whole table about once a second, however many queues the process works. While PostgreSQL is down, what
/// was known last holds on, and nobody gets a lease.
package final class PostgresQueueControl: QueueControl, Service {
    private let pool: PostgresPool
    private let pollInterval: Duration
    /// By queue; `nil` before the first answer.
    private let states = Lock<[String: QueueState]?>(nil)
    private let logger = Logger(label: "jobs.control")

    package init(pool: PostgresPool, pollInterval: Duration = .seconds(1)) {
        self.pool = pool
        self.pollInterval = pollInterval
    }

    /// Reads until cancelled.
    package func run() async throws {
        var isFailing = false
        while !Task.isCancelled {
            do {
                try await read()
                if isFailing { logger.notice("Queue control can be read again") }
                isFailing = false
            } catch {
                if Task.isCancelled { return }
                if !isFailing {
                    logger.warning(
                        "Queue control cannot be read; what was known last holds on",
                        [.error: .describing(error)]
                    )
                }
                isFailing = true
            }
            try? await Task.sleep(for: pollInterval)
        }
    }

    private func read() async throws {
        let known = try await QueueControlStore.entries(pool).mapValues(\.state)
        states.withLock { $0 = known }
    }

    package func state(of queue: String) -> QueueState? {
        states.withLock { states in states.map { $0[queue] ?? QueueState() } }
    }

    package func lease(_ queue: String, jobs: Int, perSecond: Int) async throws -> RateLease? {
        let rows = try await pool.query(QueueControlStore.lease(queue, jobs: jobs, perSecond: perSecond))
        return try rows.first.map { RateLease(delay: .seconds(try $0.decode(0, as: Double.self))) }
    }
}
