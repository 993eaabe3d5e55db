import Foundation
import Threading

/// Ends a write that does not end: `amqp_basic_publish` waits without limit on a peer that keeps the connection and
/// reads nothing. Shutting the socket down makes the write fail, and the connection's thread reconnects.
final class WriteWatchdog: Sendable {
    private struct State {
        var descriptor: Int32?
        /// Odd while a write is under way, so that the same odd number seen twice is one write.
        var writes: UInt64 = 0
        var stuckTicks = 0
    }

    /// Seconds that one write may last.
    static let limit = 10

    private let state = Lock(State())

    /// The descriptor must be detached before it is closed: its number may by then be another file's.
    func attach(_ descriptor: Int32) {
        state.withLock { $0 = State(descriptor: descriptor) }
    }

    func detach() {
        state.withLock { $0.descriptor = nil }
    }

    func writeBegins() { state.withLock { $0.writes |= 1 } }

    func writeEnded() { state.withLock { $0.writes += 1 } }

    /// Looks once a second until cancelled.
    func watch() async {
        var seen: UInt64 = 0
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            seen = tick(after: seen)
        }
    }

    func tick(after seen: UInt64) -> UInt64 {
        state.withLock { state in
            state.stuckTicks = state.writes % 2 == 1 && state.writes == seen ? state.stuckTicks + 1 : 0
            if state.stuckTicks >= Self.limit, let descriptor = state.descriptor {
                shutdown(descriptor, Int32(SHUT_RDWR))
            }
            return state.writes
        }
    }
}
