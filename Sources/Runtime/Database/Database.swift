import Lifecycle
import Observability
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

/// The primary and its replicas: writes go to the primary, reads to whoever may answer them truthfully.
///
/// What runs in a ``RowScope`` reaches the rows of that scope; what asks ``primary`` itself is in none.
///
/// `run()` watches the replicas; until it has seen them, and wherever none is good enough, reads go to the primary.
package final class Database: Service {
    package let primary: PostgresPool
    private let replicas: [PostgresPool]
    private let routing: Lock<ReplicaRouting>
    private let lookInterval: Duration
    private let logger = Logger(label: "database")
    private let metrics: DatabaseMetrics

    /// - Parameters:
    ///   - maximumLag: WAL in bytes that a replica may be behind and still serve.
    ///   - lookInterval: time between two looks at a replica.
    package init(
        primary: PostgresPool,
        replicas: [PostgresPool] = [],
        maximumLag: UInt64 = 64 << 20,
        lookInterval: Duration = .milliseconds(100)
    ) {
        self.primary = primary
        self.replicas = replicas
        self.lookInterval = lookInterval
        routing = Lock(ReplicaRouting(count: replicas.count, maximumLag: maximumLag))
        metrics = DatabaseMetrics(pools: [("primary", primary)] + Self.named(replicas))
    }

    private static func named(_ replicas: [PostgresPool]) -> [(String, PostgresPool)] {
        replicas.enumerated().map { ("replica\($0.offset + 1)", $0.element) }
    }

    /// Replicas that serve reads now.
    package var servingReplicas: Int { routing.withLock { $0.replicas.count { $0.isServing } } }
    package var replicaCount: Int { replicas.count }

    /// Runs `body` on a replica that is new enough, or on the primary. A replica that fails is left out, and the read
    /// runs again on the primary: `body` must only read.
    package func read<Value>(
        _ consistency: ReadConsistency = .any,
        _ body: (ReadSession) async throws -> Value
    ) async throws -> Value {
        if let index = routing.withLock({ $0.choose(consistency) }) {
            do {
                let value = try await body(ReadSession(replicas[index]))
                metrics.countRead(onReplica: true)
                return value
            } catch let error as PostgresError where error.meansAnotherNodeMayAnswer {
                note(routing.withLock { $0.eject(index) }, index)
            }
        }
        metrics.countRead(onReplica: false)
        return try await body(ReadSession(primary))
    }

    /// Runs `body` in a transaction on the primary.
    ///
    /// After a serialization failure, a deadlock, or a connection lost before COMMIT was sent, the whole of it runs again,
    /// three times at most: what `body` does beside the transaction must bear that.
    package func write<Value>(_ body: (PostgresTransaction) async throws -> Value) async throws -> Committed<Value> {
        try await retrying {
            let (value, lsn) = try await primary.transactionReturningLSN { transaction in
                if let scope = RowScope.current { transaction.enqueue(scope.statement) }
                return try await body(transaction)
            }
            return Committed(value: value, lsn: lsn)
        }
    }

    /// Runs statements that need no answer of each other as one transaction on the primary, in one round trip: a third of
    /// what ``write(_:)`` costs. Retried like it.
    ///
    /// - Throws: `PostgresError`; with the code `connectionLost` the transaction may have happened.
    package func write(_ statements: [PostgresQuery]) async throws -> [PostgresRows] {
        try await retrying { try await primary.scopedPipeline(statements) }
    }

    private func retrying<Value>(_ attempt: () async throws -> Value) async throws -> Value {
        for _ in 1..<Self.writeAttempts {
            do {
                return try await attempt()
            } catch let error as PostgresError where error.meansTryAgain {
                metrics.countRetriedTransaction()
            }
        }
        return try await attempt()
    }

    private static let writeAttempts = 3

    package func shutdown() async {
        for pool in replicas { await pool.shutdown() }
        await primary.shutdown()
    }

    // MARK: Watching

    package func run() async throws {
        await withDiscardingTaskGroup { group in
            for index in replicas.indices { group.addTask { await self.watch(index) } }
        }
        // Without replicas there is nothing to watch, but a service that returns would stop its program.
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
    }

    private func watch(_ index: Int) async {
        while !Task.isCancelled {
            let primary = try? await position("SELECT pg_current_wal_flush_lsn()", self.primary)
            let replayed = try? await position("SELECT pg_last_wal_replay_lsn()", replicas[index])
            if Task.isCancelled { return }
            note(routing.withLock { $0.saw(index, replayed: replayed, primary: primary) }, index)
            metrics.setLag(index, primary: primary, replayed: replayed)
            try? await Task.sleep(for: lookInterval)
        }
    }

    /// Nil where the server is a primary when a replica was asked, or the other way round (it answers an error).
    private func position(_ query: PostgresQuery, _ pool: PostgresPool) async throws -> PostgresLSN? {
        try await pool.query(query).first?.decode(0, as: PostgresLSN?.self)
    }

    private func note(_ change: ReplicaRouting.Change, _ index: Int) {
        switch change {
        case .admitted: logger.info("A replica serves reads.", [.replica: .int(index + 1)])
        case .ejected: logger.warning("A replica is out of service; others answer.", [.replica: .int(index + 1)])
        case .none: break
        }
    }
}

extension LogKey {
    static let replica: LogKey = "replica"
}

extension PostgresError {
    /// Whether the same transaction, run again at once, can succeed. A pool that is exhausted or a server that is not
    /// there has been waited for already.
    fileprivate var meansTryAgain: Bool { isRetriable && (code == .server || code == .connectionLost) }

    /// Whether the failure belongs to the node rather than to the statement. Class 40: a replica cancels a query that
    /// stands in the way of replay.
    fileprivate var meansAnotherNodeMayAnswer: Bool {
        switch code {
        case .connectFailed, .connectionLost, .poolExhausted: true
        case .server: sqlState?.hasPrefix("40") == true
        default: false
        }
    }
}
