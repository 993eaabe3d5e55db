import Threading

/// What happened to a pool's connections, for logs and metrics.
public enum PostgresPoolEvent: Sendable {
    /// A connection was opened.
    case connected
    /// A connection could not be opened; whoever wanted it got the same error.
    case connectFailed(PostgresError)
    /// A connection was closed, by the pool or by the server.
    case disconnected
    /// A message that the server sent beside its answers.
    case notice(String)
}

/// A snapshot of a pool.
public struct PostgresPoolStatistics: Sendable {
    /// Connections that are open or being opened.
    public var open: Int
    /// Connections that are open and lent to nobody.
    public var idle: Int
    /// Callers that wait for a connection at this moment.
    public var waiting: Int
    /// How often, since the pool was made, a caller had to wait because all connections were in use, and how long in
    /// total.
    public var waits: Int
    /// How long all of these waits took together.
    public var acquireWait: Duration
    /// Network round trips since the pool was made.
    public var roundTrips: Int
    /// Statements since the pool was made; BEGIN, COMMIT and ROLLBACK count like the others.
    public var statements: Int
}

/// A bounded set of connections to one PostgreSQL server, each on its own thread, opened when first needed.
public final class PostgresPool: PostgresSession {
    /// Where the server is, and how the pool behaves.
    public struct Configuration: Sendable {
        /// A libpq URI; several hosts and `target_session_attrs` work as libpq documents them.
        public var url: String
        /// Connections at most.
        public var size: Int
        /// How long a caller waits for a connection before `.poolExhausted`.
        public var acquireTimeout: Duration
        /// How many callers wait at most before `.poolExhausted`.
        public var maximumWaiters: Int
        /// How long opening a connection may take, with TLS and authentication.
        public var connectTimeout: Duration
        /// How long the server lets a statement run; nil for its own default.
        public var statementTimeout: Duration?
        /// How `pg_stat_activity` names the connections.
        public var applicationName: String
        /// Prepared statements kept on each connection.
        public var preparedStatements: Int
        /// Whether only a server that takes writes will do: of several hosts the one that does, and a single one that does
        /// not is refused. A `target_session_attrs` in the URL goes before.
        public var needsWritableServer: Bool

        /// Only the URL has no default. Durations are of the monotonic clock.
        public init(
            url: String,
            size: Int = 8,
            acquireTimeout: Duration = .seconds(5),
            maximumWaiters: Int = 1_000,
            connectTimeout: Duration = .seconds(5),
            statementTimeout: Duration? = .seconds(30),
            applicationName: String = "wharf",
            preparedStatements: Int = 256,
            needsWritableServer: Bool = false
        ) {
            self.url = url
            self.size = size
            self.acquireTimeout = acquireTimeout
            self.maximumWaiters = maximumWaiters
            self.connectTimeout = connectTimeout
            self.statementTimeout = statementTimeout
            self.applicationName = applicationName
            self.preparedStatements = preparedStatements
            self.needsWritableServer = needsWritableServer
        }
    }

    typealias ID = PoolStateMachine.ConnectionID
    private typealias LeaseResult = Result<PoolStateMachine.Lease, PostgresError>

    private struct State {
        var machine: PoolStateMachine
        var connections: [ID: PostgresConnection] = [:]
        var waiters: [PoolStateMachine.WaiterID: CheckedContinuation<LeaseResult, Never>] = [:]
        /// What waiters got before they had begun to wait.
        var early: [PoolStateMachine.WaiterID: LeaseResult] = [:]
        /// Lent connections that are not to be used again.
        var outdated: Set<ID> = []
        var isTiming = false
        var waits = 0
        var acquireWait = Duration.zero
    }

    /// What the pool was made with.
    public let configuration: Configuration
    private let state: Lock<State>
    private let meter = TrafficMeter()
    private let onEvent: @Sendable (PostgresPoolEvent) -> Void

    /// Opens nothing yet: connections are made when they are first needed.
    ///
    /// - Parameter onEvent: called on a connection's own thread: it must return at once.
    public init(_ configuration: Configuration, onEvent: @escaping @Sendable (PostgresPoolEvent) -> Void = { _ in }) {
        precondition(configuration.size > 0, "a pool needs at least one connection")
        self.configuration = configuration
        self.onEvent = onEvent
        state = Lock(
            State(machine: PoolStateMachine(size: configuration.size, maximumWaiters: configuration.maximumWaiters))
        )
    }

    /// What the pool holds at this moment, and what it has done since it was made.
    public var statistics: PostgresPoolStatistics {
        state.withLock { state in
            PostgresPoolStatistics(
                open: state.machine.openCount,
                idle: state.machine.idleCount,
                waiting: state.machine.waitingCount,
                waits: state.waits,
                acquireWait: state.acquireWait,
                roundTrips: meter.roundTrips,
                statements: meter.statements
            )
        }
    }

    public func pipeline(_ queries: [PostgresQuery]) async throws(PostgresError) -> [PostgresRows] {
        let (id, connection) = try await acquire()
        defer { release(id, connection) }
        return try await connection.pipeline(queries)
    }

    /// ``pipeline(_:)`` on a replica that must have replayed `lsn`. The replica itself says so in the same round trip,
    /// before the statements run: whatever else is known of it may be about the time before it was restarted, or about
    /// another server behind the same address.
    ///
    /// - Throws: `PostgresError` with `.replicaBehind` when it has not, or is no replica.
    public func pipeline(_ queries: [PostgresQuery], after lsn: PostgresLSN) async throws(PostgresError)
        -> [PostgresRows]
    {
        let hasReplayed: PostgresQuery =
            "SELECT pg_is_in_recovery() AND coalesce(pg_last_wal_replay_lsn() >= \(lsn), false)"
        let answers = try await pipeline([hasReplayed] + queries)
        guard try answers.first?.first?.decode(0, as: Bool.self) == true else {
            throw PostgresError(.replicaBehind, "the replica has not replayed \(lsn)")
        }
        return Array(answers.dropFirst())
    }

    /// Runs statements as one transaction in one round trip, with the write-ahead log position behind its commit.
    ///
    /// - Throws: `PostgresError`; with code `.commitUnknown` the transaction may have happened.
    public func pipelineReturningLSN(
        _ queries: [PostgresQuery]
    ) async throws(PostgresError) -> (rows: [PostgresRows], lsn: PostgresLSN) {
        let (id, connection) = try await acquire()
        defer { release(id, connection) }
        return try await connection.commitAtOnce(queries)
    }

    /// Runs `body` in a transaction: commits when it returns, rolls back when it throws or its task is cancelled.
    ///
    /// BEGIN travels with the first statement and COMMIT with the last ones enqueued, so that they cost no round trip
    /// of their own; a body without statements sends nothing. `body` runs where the caller runs, never on the
    /// connection's thread.
    /// - Throws: what `body` throws, or `PostgresError`; with code `.commitUnknown` the transaction may have happened.
    public func transaction<Value>(
        _ body: (PostgresTransaction) async throws -> Value
    ) async throws -> Value {
        let (id, connection) = try await acquire()
        defer { release(id, connection) }
        return try await connection.transaction(returningLSN: false, body).value
    }

    /// `transaction`, and the write-ahead log position behind the commit: a replica that has replayed it shows
    /// everything this transaction wrote.
    ///
    /// The position is the flush position asked behind COMMIT in the same round trip; the insert position can lie
    /// beyond what an idle primary ever sends to its replicas.
    public func transactionReturningLSN<Value>(
        _ body: (PostgresTransaction) async throws -> Value
    ) async throws -> (value: Value, lsn: PostgresLSN) {
        let (id, connection) = try await acquire()
        defer { release(id, connection) }
        let (value, lsn) = try await connection.transaction(returningLSN: true, body)
        guard let lsn else { throw PostgresError(.commitUnknown, "the server gave no position behind COMMIT") }
        return (value, lsn)
    }

    /// Lends one connection to `body`, and closes it afterwards: its session may hold settings and locks that the next
    /// user must not inherit.
    public func withConnection<Value>(_ body: (PostgresLease) async throws -> Value) async throws -> Value {
        let (id, connection) = try await acquire()
        let lease = PostgresLease(connection)
        defer {
            lease.end()
            discard(id)
        }
        return try await body(lease)
    }

    /// Runs `COPY … FROM STDIN` with rows as `CopyText` writes them.
    /// - Returns: rows copied.
    @discardableResult
    public func copyIn<Rows: AsyncSequence & Sendable>(_ sql: String, rows: Rows) async throws -> Int
    where Rows.Element == [UInt8] {
        try await transaction { transaction in try await transaction.copyIn(sql, rows: rows) }
    }

    /// Connects anew from here on: idle connections are closed now, the lent ones when they come back.
    ///
    /// For a server whose part has changed, so that the URL's hosts are tried again.
    /// - Parameter silence: since when the server has not answered: what runs on connections from before is cut off.
    public func renew(silentSince silence: ContinuousClock.Instant? = nil) {
        let (idle, lent) = state.withLock { state in
            let ids = state.machine.dropIdle()
            let idle = ids.compactMap { state.connections.removeValue(forKey: $0) }
            state.outdated.formUnion(state.connections.keys)
            return (idle, Array(state.connections.values))
        }
        for connection in idle {
            onEvent(.disconnected)
            connection.close()
        }
        guard let silence else { return }
        for connection in lent where connection.openedAt <= silence { connection.cutOff() }
    }

    /// Closes idle connections now and the others when they come back; whoever waits gets `.poolClosed`.
    public func shutdown() async {
        let (connections, waiters) = state.withLock { state in
            let (idle, waiting) = state.machine.close()
            let connections = idle.compactMap { state.connections.removeValue(forKey: $0) }
            return (connections, waiting)
        }
        for waiter in waiters { resume(waiter, .failure(PostgresError(.poolClosed, "the pool was shut down"))) }
        for connection in connections { connection.close() }
    }

    // MARK: Leases

    private func acquire() async throws(PostgresError) -> (ID, PostgresConnection) {
        switch try await lease() {
        case .open(let id): return (id, try await open(id))
        case .reuse(let id):
            if let connection = state.withLock({ $0.connections[id] }), connection.isQuiet { return (id, connection) }
            // The server hung up while it was idle: nothing was sent, so that another takes its place unseen.
            close(id)
            return (id, try await open(id))
        }
    }

    private func lease() async throws(PostgresError) -> PoolStateMachine.Lease {
        let deadline = ContinuousClock.now + configuration.acquireTimeout
        switch state.withLock({ $0.machine.acquire(waitingUntil: deadline) }) {
        case .leased(let lease): return lease
        case .closed: throw PostgresError(.poolClosed, "the pool was shut down")
        case .exhausted: throw exhausted("\(configuration.maximumWaiters) callers (maximumWaiters) wait already")
        case .wait(let waiter): return try await wait(as: waiter)
        }
    }

    private func wait(as waiter: PoolStateMachine.WaiterID) async throws(PostgresError) -> PoolStateMachine.Lease {
        startTimer()
        let start = ContinuousClock.now
        defer {
            state.withLock { state in
                state.waits += 1
                state.acquireWait += start.duration(to: .now)
            }
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<LeaseResult, Never>) in
                register(continuation, for: waiter)
            }
        } onCancel: {
            abandon(waiter, PostgresError(.cancelled, "the task was cancelled while it waited for a connection"))
        }
        return try result.get()
    }

    /// One timer serves all who wait, since a timer for each would cost more than most of them wait.
    private func startTimer() {
        let isRunning = state.withLock { state in
            defer { state.isTiming = true }
            return state.isTiming
        }
        if isRunning { return }
        Task {
            while let next = expireWaiters() { try await Task.sleep(until: next, clock: .continuous) }
        }
    }

    private func expireWaiters() -> ContinuousClock.Instant? {
        let (expired, next) = state.withLock { state in
            let outcome = state.machine.expire(at: .now)
            state.isTiming = outcome.next != nil
            return outcome
        }
        for waiter in expired {
            resume(
                waiter,
                .failure(exhausted("none came free within \(configuration.acquireTimeout) (acquireTimeout)"))
            )
        }
        return next
    }

    /// The lease may have come, or the waiter given up, between asking and getting here: `early` holds what it got.
    private func register(
        _ continuation: CheckedContinuation<LeaseResult, Never>,
        for waiter: PoolStateMachine.WaiterID
    ) {
        let early = state.withLock { state in
            let early = state.early.removeValue(forKey: waiter)
            if early == nil { state.waiters[waiter] = continuation }
            return early
        }
        if let early { continuation.resume(returning: early) }
    }

    private func abandon(_ waiter: PoolStateMachine.WaiterID, _ error: PostgresError) {
        let isGone = state.withLock { $0.machine.abandon(waiter) }
        if isGone { resume(waiter, .failure(error)) }
    }

    private func resume(_ waiter: PoolStateMachine.WaiterID, _ result: LeaseResult) {
        let continuation = state.withLock { state in
            let continuation = state.waiters.removeValue(forKey: waiter)
            if continuation == nil { state.early[waiter] = result }
            return continuation
        }
        continuation?.resume(returning: result)
    }

    private func open(_ id: ID) async throws(PostgresError) -> PostgresConnection {
        do throws(PostgresError) {
            let connection = try await PostgresConnection.open(configuration, meter: meter) { [onEvent] notice in
                onEvent(.notice(notice))
            }
            state.withLock { $0.connections[id] = connection }
            onEvent(.connected)
            return connection
        } catch {
            onEvent(.connectFailed(error))
            discard(id)
            throw error
        }
    }

    private func release(_ id: ID, _ connection: PostgresConnection) {
        // Still in a transaction: somebody ran a BEGIN of his own. Whoever comes next must not find himself in it.
        let isReusable = connection.isUsable && !connection.isInTransaction
        let released = state.withLock { state in
            let isOutdated = state.outdated.contains(id)
            return isReusable && !isOutdated && !state.machine.isClosed ? state.machine.release(id) : nil
        }
        if let released { act(on: released) } else { discard(id) }
    }

    private func discard(_ id: ID) {
        close(id)
        act(on: state.withLock { $0.machine.discard(id) })
    }

    private func close(_ id: ID) {
        let known = state.withLock { state in
            state.outdated.remove(id)
            return state.connections.removeValue(forKey: id)
        }
        guard let connection = known else { return }
        onEvent(.disconnected)
        connection.close()
    }

    private func act(on released: PoolStateMachine.Released) {
        guard case .handOver(let waiter, let lease) = released else { return }
        resume(waiter, .success(lease))
    }

    private func exhausted(_ why: String) -> PostgresError {
        PostgresError(
            .poolExhausted,
            "all \(configuration.size) database connections are in use and \(why); "
                + "raise the pool's size or lower the concurrency"
        )
    }
}
