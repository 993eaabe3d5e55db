import Threading

/// Shut until opened; whoever waits then goes on, also when its task is cancelled meanwhile.
package final class Gate: Sendable {
    private struct State: Sendable {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Lock(State())

    package init() {}

    package func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    package func opened() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}

/// Answers true a given number of times.
package final class Countdown: Sendable {
    private let left: Lock<Int>

    package init(_ count: Int) { left = Lock(count) }

    package func tick() -> Bool {
        left.withLock { left in
            left -= 1
            return left >= 0
        }
    }
}
