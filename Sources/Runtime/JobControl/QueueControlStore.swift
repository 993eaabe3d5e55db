package import Foundation
package import Jobs
package import Postgres

/// The SQL of the table `queue_control`.
package enum QueueControlStore {
    /// What was said about one queue, for an operator.
    package struct Entry: Equatable, Sendable {
        package let queue: String
        package let state: QueueState
        package let pausedAt: Date?
        package let pausedBy: String?
        package let pauseReason: String?
        /// Workers that the queue is to have; `nil` leaves it to the fleet's policy.
        package let workers: Int?
    }

    private static let all: PostgresQuery = """
        SELECT queue, paused_at, paused_by, pause_reason, rate_per_second, workers FROM queue_control
        """

    /// What was said about queues, by their names; a queue that nobody spoke of is missing.
    package static func entries(_ pool: PostgresPool) async throws -> [String: Entry] {
        let entries = try await pool.query(all).map { try entry($0) }
        return Dictionary(uniqueKeysWithValues: entries.map { ($0.queue, $0) })
    }

    private static func entry(_ row: PostgresRow) throws(PostgresError) -> Entry {
        let (queue, pausedAt, pausedBy, reason, rate, workers) = try row.decode(
            String.self,
            Date?.self,
            String?.self,
            String?.self,
            Int?.self,
            Int?.self
        )
        return Entry(
            queue: queue,
            state: QueueState(isPaused: pausedAt != nil, rate: QueueState.Rate(perSecond: rate)),
            pausedAt: pausedAt,
            pausedBy: pausedBy,
            pauseReason: reason,
            workers: workers
        )
    }

    /// Pausing a paused queue changes the reason, not since when.
    package static func pause(_ queue: String, by name: String, reason: String?) -> PostgresQuery {
        """
        INSERT INTO queue_control AS control (queue, paused_at, paused_by, pause_reason)
        VALUES (\(queue), now(), \(name), \(reason))
        ON CONFLICT (queue) DO UPDATE
        SET paused_at = coalesce(control.paused_at, now()), paused_by = excluded.paused_by,
            pause_reason = excluded.pause_reason
        """
    }

    /// Affects no row when the queue was not paused.
    package static func resume(_ queue: String) -> PostgresQuery {
        """
        UPDATE queue_control SET paused_at = NULL, paused_by = NULL, pause_reason = NULL
        WHERE queue = \(queue) AND paused_at IS NOT NULL
        """
    }

    package static func limit(_ queue: String, to rate: QueueState.Rate) -> PostgresQuery {
        """
        INSERT INTO queue_control (queue, rate_per_second) VALUES (\(queue), \(rate.perSecond))
        ON CONFLICT (queue) DO UPDATE SET rate_per_second = excluded.rate_per_second
        """
    }

    /// - Parameter workers: `nil` leaves it to the fleet's policy.
    package static func scale(_ queue: String, to workers: Int?) -> PostgresQuery {
        """
        INSERT INTO queue_control (queue, workers) VALUES (\(queue), \(workers))
        ON CONFLICT (queue) DO UPDATE SET workers = excluded.workers
        """
    }

    /// The generic cell rate algorithm of `RateHorizon`, with the horizon in the queue's row: the row's lock makes workers
    /// take turns. One row with the seconds until the lease's first start, or none when others have taken the next ones.
    ///
    /// `clock_timestamp()`, since `now()` stands still while the statement waits for the lock.
    static func lease(_ queue: String, jobs: Int, perSecond: Int) -> PostgresQuery {
        let length = Double(jobs) / Double(perSecond)
        return """
            INSERT INTO queue_control AS control (queue, rate_horizon)
            VALUES (\(queue), clock_timestamp() + make_interval(secs => \(length - burst)))
            ON CONFLICT (queue) DO UPDATE
            SET rate_horizon = greatest(control.rate_horizon, clock_timestamp() - make_interval(secs => \(burst)))
                + make_interval(secs => \(length))
            WHERE control.rate_horizon < clock_timestamp() + make_interval(secs => \(lead))
            RETURNING (extract(epoch FROM rate_horizon - clock_timestamp()) - \(length))::float8
            """
    }

    private static let burst = RateHorizon.burst / .seconds(1)
    private static let lead = RateHorizon.lead / .seconds(1)
}

extension QueueState.Rate {
    /// - Parameter perSecond: of the table's column.
    init(perSecond: Int?) {
        switch perSecond {
        case nil: self = .standard
        case 0: self = .unlimited
        case let rate?: self = .perSecond(rate)
        }
    }

    var perSecond: Int? {
        switch self {
        case .standard: nil
        case .unlimited: 0
        case .perSecond(let rate): rate
        }
    }
}
