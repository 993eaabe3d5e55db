import Lifecycle
import Observability
package import Postgres
import Threading

/// The primary and its replicas: writes go to the primary, reads to whoever may answer them truthfully.
///
/// What runs in a ``RowScope`` reaches the rows of that scope; what asks ``primary`` itself is in none.
///
/// `run()` watches the nodes; until it has seen the replicas, and wherever none is good enough, reads go to the primary.
package final class Database: Service {
    /// A server that follows the primary and serves reads.
    package struct Replica: Sendable {
        package let pool: PostgresPool
        /// Its share of the reads against the other replicas'. With 0 it serves none and is only watched, so that its
        /// promotion is noticed.
        package let weight: Int

        package init(_ pool: PostgresPool, weight: Int = 1) {
            self.pool = pool
            self.weight = weight
        }
    }

    package let primary: PostgresPool
    let replicas: [Replica]
    let routing: Lock<ReplicaRouting>
    let lookInterval: Duration
    let logger = Logger(label: "database")
    let metrics: DatabaseMetrics
    /// Reads that wait for a replica at this moment.
    let waitingReads = Lock(0)
    /// How long a read waits for a replica to reach the position that it needs, before it goes to the primary.
    private let patience: Duration

    /// - Parameters:
    ///   - maximumLag: WAL in bytes that a replica may be behind and still serve.
    ///   - maximumDelay: how old a replica's data may be, likewise.
    ///   - patience: how long a read of ``ReadConsistency/after(_:)`` waits for a replica: some tenths of a second where
    ///     nobody waits for the answer.
    ///   - lookInterval: time between two looks at a node.
    package init(
        primary: PostgresPool,
        replicas: [Replica] = [],
        maximumLag: UInt64 = 64 << 20,
        maximumDelay: Duration = .seconds(10),
        patience: Duration = .zero,
        lookInterval: Duration = .milliseconds(100)
    ) {
        self.primary = primary
        self.replicas = replicas
        self.patience = patience
        self.lookInterval = lookInterval
        let limits = ReplicaRouting.Limits(lag: maximumLag, delay: maximumDelay)
        routing = Lock(ReplicaRouting(weights: replicas.map(\.weight), limits: limits))
        metrics = DatabaseMetrics(primary: primary, replicas: replicas.map(\.pool))
    }

    /// Replicas that serve reads now.
    package var servingReplicas: Int { routing.withLock { $0.replicas.count { $0.isServing } } }
    /// Replicas that should: not those without a share, nor the node that is the primary at the moment.
    package var replicaCount: Int { routing.withLock { $0.replicas.count { $0.weight > 0 && $0.role != .primary } } }

    /// Reads that wait for a replica at this moment.
    package var readsThatWait: Int { waitingReads.withLock { $0 } }

    // MARK: Reading

    /// Runs `body` on a replica that is new enough, or on the primary. A replica that fails is left out, and the read
    /// runs again on the primary: `body` must only read, and a statement that would write is refused everywhere.
    package func read<Value>(
        _ consistency: ReadConsistency = .any,
        _ body: (ReadSession) async throws -> Value
    ) async throws -> Value {
        switch await choose(consistency) {
        case .primary(let reason): metrics.countRead(onPrimary: reason)
        case .replica(let index):
            do {
                let value = try await Self.span("read", "replica \(index + 1)") {
                    try await body(ReadSession(replicas[index].pool, .replica(after: consistency.position)))
                }
                metrics.countRead(onReplica: index)
                return value
            } catch let error as PostgresError where error.meansAnotherNodeMayAnswer {
                if error.condemnsNode { note(routing.withLock { $0.eject(index) }, index) }
                metrics.countRead(onPrimary: error.code == .replicaBehind ? .behind : .failed)
            }
        }
        return try await readOnPrimary(body)
    }

    private func readOnPrimary<Value>(_ body: (ReadSession) async throws -> Value) async throws -> Value {
        let session = ReadSession(primary, .primary)
        return try await Self.span("read", "primary") {
            do {
                return try await body(session)
            } catch let error as PostgresError where error.code == .connectionLost {
                // A read has no effect that could come twice.
                return try await body(session)
            }
        }
    }

    /// A span of what a task asks PostgreSQL in one go.
    private static func span<Value>(
        _ operation: String,
        _ node: @autoclosure () -> String,
        _ body: () async throws -> Value
    ) async throws -> Value {
        try await Tracing.span(
            "PostgreSQL \(operation)",
            .client,
            ["db.system.name": "postgresql", "db.operation.name": .string(operation), "wharf.node": .string(node())],
            body
        )
    }

    private func choose(_ consistency: ReadConsistency) async -> ReplicaRouting.Choice {
        let choice = routing.withLock { $0.choose(consistency) }
        guard choice == .primary(.behind), patience > .zero else { return choice }
        let start = ContinuousClock.now
        waitingReads.withLock { $0 += 1 }
        defer {
            waitingReads.withLock { $0 -= 1 }
            metrics.countWait(start.duration(to: .now))
        }
        var latest = choice
        while latest == .primary(.behind), start.duration(to: .now) < patience, !Task.isCancelled {
            try? await Task.sleep(for: Self.quickLook)
            latest = routing.withLock { $0.choose(consistency) }
        }
        return latest
    }

    /// Between two looks while a read waits for what they show.
    static let quickLook = Duration.milliseconds(10)

    // MARK: Writing

    /// Runs `body` in a transaction on the primary.
    ///
    /// After a serialization failure, a deadlock, or a connection lost before COMMIT was sent, the whole of it runs again,
    /// three times at most: what `body` does beside the transaction must bear that.
    package func write<Value>(_ body: (PostgresTransaction) async throws -> Value) async throws -> Committed<Value> {
        let committed = try await retrying {
            let (value, lsn) = try await primary.transactionReturningLSN { transaction in
                for statement in Self.opening { transaction.enqueue(statement) }
                return try await body(transaction)
            }
            return Committed(value: value, lsn: lsn)
        }
        CommitPosition.current?.note(committed.lsn)
        return committed
    }

    /// Runs statements that need no answer of each other as one transaction on the primary, in one round trip: a third of
    /// what ``write(_:)`` costs. Retried like it.
    ///
    /// - Throws: `PostgresError`; with the code `connectionLost` or `commitUnknown` the transaction may have happened.
    package func write(_ statements: [PostgresQuery]) async throws -> [PostgresRows] {
        let opening = Self.opening
        return try await retrying {
            // Only where somebody wants to know it: the position costs a COMMIT of its own.
            guard let position = CommitPosition.current else {
                return Array(try await primary.pipeline(opening + statements).dropFirst(opening.count))
            }
            let (rows, lsn) = try await primary.pipelineReturningLSN(opening + statements)
            position.note(lsn)
            return Array(rows.dropFirst(opening.count))
        }
    }

    /// What each transaction of this task begins with.
    private static var opening: [PostgresQuery] {
        [RowScope.current?.statement(), TransactionNote.current].compactMap(\.self)
    }

    private func retrying<Value>(_ attempt: () async throws -> Value) async throws -> Value {
        try await Self.span("transaction", "primary") { try await attempting(attempt) }
    }

    private func attempting<Value>(_ attempt: () async throws -> Value) async throws -> Value {
        for _ in 1..<Self.writeAttempts {
            do {
                return try await attempt()
            } catch let error as PostgresError where error.meansTryAgain {
                // What was the primary takes no writes any more: whoever does now is found by connecting anew.
                if error.isReadOnlyServer { primary.renew() }
                metrics.countRetriedTransaction()
            }
        }
        return try await attempt()
    }

    private static let writeAttempts = 3

    package func shutdown() async {
        for replica in replicas { await replica.pool.shutdown() }
        await primary.shutdown()
    }

    /// Runs `body` again while no primary can be reached, for as long as a failover may take.
    ///
    /// For what must not stay open: whether a COMMIT whose answer was lost has happened.
    package func outlastingFailover<Value>(
        within period: Duration = .seconds(15),
        _ body: () async throws -> Value
    ) async throws -> Value {
        let deadline = ContinuousClock.now + period
        var attempt = 0
        while true {
            do {
                return try await body()
            } catch let error as PostgresError where error.meansNoPrimary && ContinuousClock.now < deadline {
                attempt += 1
                try await Task.sleep(for: Self.reconnecting.delay(attempt: attempt))
            }
        }
    }

    private static let reconnecting = Backoff(base: .milliseconds(100), cap: .seconds(1))

    // MARK: Watching

    package func run() async throws {
        let watch = NodeWatch(self)
        await watch.run()
        await watch.shutdown()
    }

    func note(_ change: ReplicaRouting.Change, _ index: Int) {
        switch change {
        case .admitted: logger.info("A replica serves reads.", [.replica: .int(index + 1)])
        case .ejected:
            logger.warning("A replica is out of service; others answer.", [.replica: .int(index + 1)])
            metrics.countEjection(index)
        case .promoted:
            logger.warning("A replica has become the primary; connecting to it.", [.replica: .int(index + 1)])
            metrics.countPromotion()
        case .none: break
        }
    }
}

extension LogKey {
    static let replica: LogKey = "replica"
}

extension ReadConsistency {
    /// What has to show.
    fileprivate var position: PostgresLSN? { if case .after(let lsn) = self { lsn } else { nil } }
}

extension PostgresError {
    /// Whether the same transaction, run again at once, can succeed. A pool that is exhausted or a server that is not
    /// there has been waited for already.
    fileprivate var meansTryAgain: Bool {
        isReadOnlyServer || isRetriable && (code == .server || code == .connectionLost)
    }

    fileprivate var meansNoPrimary: Bool {
        isReadOnlyServer || [.connectFailed, .connectionLost, .commitUnknown, .poolExhausted].contains(code)
    }

    /// Whether the failure belongs to the node rather than to the statement. Class 40: a replica cancels a query that
    /// stands in the way of replay.
    fileprivate var meansAnotherNodeMayAnswer: Bool {
        switch code {
        case .connectFailed, .connectionLost, .poolExhausted, .replicaBehind: true
        case .server: sqlState?.hasPrefix("40") == true
        default: false
        }
    }

    /// Whether the node is gone, and not only busy or behind.
    fileprivate var condemnsNode: Bool { code == .connectFailed || code == .connectionLost }
}
