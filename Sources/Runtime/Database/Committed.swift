package import Postgres
import Threading

/// What a transaction returned, and the position behind its commit.
package struct Committed<Value> {
    package let value: Value
    /// A replica that has replayed this shows what the transaction wrote.
    package let lsn: PostgresLSN

    package init(value: Value, lsn: PostgresLSN) {
        self.value = value
        self.lsn = lsn
    }
}

extension Committed: Sendable where Value: Sendable {}

/// The furthest position behind what a task has committed, for whoever answers in its name: what the task's caller reads
/// next must be as new.
package final class CommitPosition: Sendable {
    /// Of this task; `nil` where nobody wants to know.
    @TaskLocal package static var current: CommitPosition?

    private let furthest = Lock<PostgresLSN?>(nil)

    package init() {}

    /// `nil` when nothing was committed.
    package var lsn: PostgresLSN? { furthest.withLock { $0 } }

    func note(_ lsn: PostgresLSN) { furthest.withLock { $0 = $0.map { max($0, lsn) } ?? lsn } }
}
