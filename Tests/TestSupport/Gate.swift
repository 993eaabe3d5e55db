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

/// Lets as many pass as it has admitted; opened, it lets all pass.
package final class Turnstile: Sendable {
    private struct State: Sendable {
        var isOpen = false
        var admitted = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Lock(State())

    package init() {}

    /// One more may pass.
    package func admit() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if !state.waiting.isEmpty { return state.waiting.removeFirst() }
            state.admitted += 1
            return nil
        }
        next?.resume()
    }

    package func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    package func pass() async {
        await withCheckedContinuation { continuation in
            let mayPass = state.withLock { state in
                if state.isOpen { return true }
                if state.admitted > 0 {
                    state.admitted -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if mayPass { continuation.resume() }
        }
    }
}
