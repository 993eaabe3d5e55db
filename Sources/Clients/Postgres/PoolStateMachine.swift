/// Who holds which connection, decided without any I/O.
struct PoolStateMachine {
    typealias ConnectionID = Int
    typealias WaiterID = Int

    /// What somebody who asked for a connection gets.
    enum Lease: Equatable {
        case reuse(ConnectionID)
        /// The holder connects, and says whether that worked.
        case open(ConnectionID)
    }

    enum Acquired: Equatable {
        case leased(Lease)
        case wait(WaiterID)
        case exhausted
        case closed
    }

    /// What the shell does after a connection came back.
    enum Released: Equatable {
        case nothing
        /// Resume this waiter with this lease.
        case handOver(WaiterID, Lease)
    }

    private let size: Int
    private let maximumWaiters: Int
    private var idle: [ConnectionID] = []
    private var leased: Set<ConnectionID> = []
    private var waiters: [(id: WaiterID, deadline: ContinuousClock.Instant)] = []
    private var nextID = 0
    private(set) var isClosed = false

    /// - Parameters:
    ///   - size: connections at most.
    ///   - maximumWaiters: who may wait for one at most.
    init(size: Int, maximumWaiters: Int) {
        self.size = size
        self.maximumWaiters = maximumWaiters
    }

    var openCount: Int { idle.count + leased.count }
    var idleCount: Int { idle.count }
    var waitingCount: Int { waiters.count }

    /// - Parameter deadline: until when to wait, not before that of whoever asked earlier.
    mutating func acquire(waitingUntil deadline: ContinuousClock.Instant) -> Acquired {
        if isClosed { return .closed }
        // Last in, first out: the busiest connections stay warm, and the others can be let go.
        if let id = idle.popLast() {
            leased.insert(id)
            return .leased(.reuse(id))
        }
        if openCount < size { return .leased(.open(newConnection())) }
        if waiters.count >= maximumWaiters { return .exhausted }
        nextID += 1
        waiters.append((nextID, deadline))
        return .wait(nextID)
    }

    /// A connection came back whole.
    mutating func release(_ id: ConnectionID) -> Released {
        precondition(leased.contains(id), "released a connection that was not leased")
        if let waiter = popWaiter() { return .handOver(waiter, .reuse(id)) }
        leased.remove(id)
        idle.append(id)
        return .nothing
    }

    /// A connection broke, or could not be opened: its place is free.
    mutating func discard(_ id: ConnectionID) -> Released {
        leased.remove(id)
        if let waiter = popWaiter() { return .handOver(waiter, .open(newConnection())) }
        return .nothing
    }

    /// The waiter gives up. False if it was served meanwhile.
    mutating func abandon(_ waiter: WaiterID) -> Bool {
        guard let index = waiters.firstIndex(where: { $0.id == waiter }) else { return false }
        waiters.remove(at: index)
        return true
    }

    /// Gives up the waiters whose deadline has come.
    /// - Returns: those, and when to ask again; nil while nobody waits.
    mutating func expire(at now: ContinuousClock.Instant) -> (expired: [WaiterID], next: ContinuousClock.Instant?) {
        let expired = waiters.prefix { $0.deadline <= now }.map(\.id)
        waiters.removeFirst(expired.count)
        return (expired, waiters.first?.deadline)
    }

    /// The idle connections are closed; their places are free.
    mutating func dropIdle() -> [ConnectionID] {
        defer { idle = [] }
        return idle
    }

    /// Nobody gets a connection any more.
    /// - Returns: the idle connections to close and the waiters to refuse.
    mutating func close() -> (idle: [ConnectionID], waiters: [WaiterID]) {
        isClosed = true
        defer {
            idle = []
            waiters = []
        }
        return (idle, waiters.map(\.id))
    }

    private mutating func newConnection() -> ConnectionID {
        nextID += 1
        leased.insert(nextID)
        return nextID
    }

    private mutating func popWaiter() -> WaiterID? { waiters.isEmpty ? nil : waiters.removeFirst().id }
}
