import Threading

/// All open connections, and how many requests are under way on them.
final class ConnectionTable: Sendable {
    private struct State {
        var connections: [UInt64: Connection] = [:]
        var lastID: UInt64 = 0
        var requests = 0
        var isDraining = false
        var isClosed = false
        var quietSignals: [AsyncStream<Never>.Continuation] = []
    }

    private let state = Lock(State())

    /// Whether the server is stopping: answers end their connections.
    var isDraining: Bool { state.withLock { $0.isDraining } }

    func add(socket: Int32, remoteAddress: String) -> Connection {
        state.withLock { state in
            state.lastID += 1
            let connection = Connection(id: state.lastID, socket: socket, remoteAddress: remoteAddress)
            state.connections[connection.id] = connection
            return connection
        }
    }

    /// Must be called before the socket is closed.
    func remove(_ connection: Connection) {
        state.withLock { _ = $0.connections.removeValue(forKey: connection.id) }
    }

    subscript(id: UInt64) -> Connection? { state.withLock { $0.connections[id] } }

    var all: [Connection] { state.withLock { Array($0.connections.values) } }

    /// Runs `body` on every connection while none of their sockets can be closed. It must be short.
    func withOpenSockets(_ body: (Connection) -> Void) {
        state.withLock { state in
            for connection in state.connections.values { body(connection) }
        }
    }

    /// - Returns: false if no request is taken any more.
    func beginRequest() -> Bool {
        state.withLock { state in
            if !state.isClosed { state.requests += 1 }
            return !state.isClosed
        }
    }

    func endRequest() {
        let signals = state.withLock { state -> [AsyncStream<Never>.Continuation] in
            state.requests -= 1
            guard state.requests == 0 else { return [] }
            defer { state.quietSignals = [] }
            return state.quietSignals
        }
        for signal in signals { signal.finish() }
    }

    // MARK: Stopping, in this order

    /// Closes what is idle and ends the streams; requests under way go on.
    func beginDrain() {
        state.withLock { $0.isDraining = true }
        withOpenSockets { $0.closeIfIdle() }
        for connection in all { connection.exchange?.cancelStream() }
    }

    func cancelRequests() {
        for connection in all { connection.exchange?.cancel() }
    }

    /// From now on no connection is suspended, and those that are get resumed.
    func close() {
        state.withLock { $0.isClosed = true }
        for connection in all { connection.exchange?.abandon() }
    }

    /// - Returns: whether no request is under way, at the latest after `timeout`.
    func waitUntilQuiet(for timeout: Duration) async -> Bool {
        let (quiet, signal) = AsyncStream.makeStream(of: Never.self)
        let isQuiet = state.withLock { state in
            if state.requests > 0 { state.quietSignals.append(signal) }
            return state.requests == 0
        }
        if isQuiet { return true }
        let timer = Task {
            try await Task.sleep(for: timeout)
            signal.finish()
        }
        for await _ in quiet {}
        timer.cancel()
        return state.withLock { $0.requests == 0 }
    }
}
