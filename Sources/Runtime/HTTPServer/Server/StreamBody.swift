import Threading

/// Between the task that writes a streamed body and the library's thread that sends it.
///
/// The writer may be ``highWater`` bytes ahead. When there is nothing to send, the connection is suspended, and the next
/// write (or the end) resumes it.
final class StreamBody: BodyWriter {
    enum Read {
        case bytes(Int)
        case suspended
        case end
        case failure
    }

    private enum Phase {
        case open
        case finished
        case failed
        /// Nobody reads any more.
        case gone
    }

    private struct State {
        var phase = Phase.open
        var buffer: [UInt8] = []
        var offset = 0
        var isSuspended = false
        var writer: CheckedContinuation<Void, any Error>?

        var waiting: Int { buffer.count - offset }

        mutating func takeWriter() -> CheckedContinuation<Void, any Error>? {
            defer { writer = nil }
            return writer
        }
    }

    private static let highWater = 64 * 1024
    private let connection: ConnectionHandle
    private let state = Lock(State())

    init(_ connection: ConnectionHandle) {
        self.connection = connection
    }

    func write(_ bytes: [UInt8]) async throws {
        try Task.checkCancellation()
        guard !bytes.isEmpty else { return }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let result: Result<Void, any Error>? = state.withLock { state in
                    guard case .open = state.phase else { return .failure(ClientGone()) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.buffer.append(contentsOf: bytes)
                    wake(&state)
                    if state.waiting <= Self.highWater { return .success(()) }
                    state.writer = continuation
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            state.withLock { $0.takeWriter() }?.resume(throwing: CancellationError())
        }
    }

    /// The body is complete.
    func finish() { end(.finished) }

    /// The body will never be complete: cuts the connection, so that the client can tell.
    func fail() { end(.failed) }

    private func end(_ phase: Phase) {
        let writer = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            guard case .open = state.phase else { return nil }
            state.phase = phase
            wake(&state)
            return state.takeWriter()
        }
        writer?.resume(throwing: ClientGone())
    }

    private func wake(_ state: inout State) {
        guard state.isSuspended else { return }
        state.isSuspended = false
        connection.resume()
    }

    /// Called on the library's thread, when the socket can take more.
    func read(into target: UnsafeMutableRawBufferPointer) -> Read {
        let (result, writer) = state.withLock { state -> (Read, CheckedContinuation<Void, any Error>?) in
            if case .failed = state.phase { return (.failure, nil) }
            guard state.waiting > 0 else {
                if case .finished = state.phase { return (.end, nil) }
                // Under the lock, or a write could resume the connection before it is suspended.
                state.isSuspended = true
                connection.suspend()
                return (.suspended, nil)
            }
            let count = min(state.waiting, target.count)
            target.copyBytes(from: state.buffer[state.offset..<state.offset + count])
            state.offset += count
            if state.waiting == 0 {
                state.buffer.removeAll(keepingCapacity: true)
                state.offset = 0
            }
            return (.bytes(count), state.waiting <= Self.highWater / 2 ? state.takeWriter() : nil)
        }
        writer?.resume()
        return result
    }

    /// The library has sent everything, or the connection is gone.
    func release() {
        let writer = state.withLock { state in
            state.phase = .gone
            return state.takeWriter()
        }
        writer?.resume(throwing: ClientGone())
    }
}
