import Threading

/// Time that passes when the test says so.
package final class ManualClock: Clock {
    package struct Instant: InstantProtocol {
        let offset: Duration

        package func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        package func duration(to other: Instant) -> Duration { other.offset - offset }
        package static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private struct State: Sendable {
        var now = Instant(offset: .zero)
        var sleepers: [(deadline: Instant, continuation: AsyncStream<Never>.Continuation)] = []
    }

    private let state = Lock(State())

    package init() {}

    package var now: Instant { state.withLock { $0.now } }
    package var minimumResolution: Duration { .nanoseconds(1) }
    package var sleepers: Int { state.withLock { $0.sleepers.count } }

    package func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let (rest, continuation) = AsyncStream.makeStream(of: Never.self)
        state.withLock { state in
            if deadline <= state.now {
                continuation.finish()
            } else {
                state.sleepers.append((deadline, continuation))
            }
        }
        for await _ in rest {}
        try Task.checkCancellation()
    }

    package func advance(by duration: Duration) {
        let woken = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            defer { state.sleepers.removeAll { $0.deadline <= state.now } }
            return state.sleepers.filter { $0.deadline <= state.now }.map(\.continuation)
        }
        for continuation in woken { continuation.finish() }
    }
}
