import Threading

/// Events that a test waits for, in the order in which they came. A wait that lasts too long fails the test instead of
/// hanging it.
package final class Mailbox<Event: Sendable>: Sendable {
    private struct State: Sendable {
        var events: [Event] = []
        var waiting: AsyncStream<Event>.Continuation?
    }

    private let state = Lock(State())

    package init() {}

    package func put(_ event: Event) {
        state.withLock { state in
            if let waiting = state.waiting {
                state.waiting = nil
                waiting.yield(event)
                waiting.finish()
            } else {
                state.events.append(event)
            }
        }
    }

    /// Events that nobody has taken yet.
    package var count: Int { state.withLock { $0.events.count } }

    /// The next event. One task at a time may wait.
    package func next(within limit: Duration = .seconds(30)) async throws -> Event {
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        let ready: Event? = state.withLock { state in
            if !state.events.isEmpty { return state.events.removeFirst() }
            state.waiting = continuation
            return nil
        }
        if let ready { return ready }
        let timer = Task {
            try await Task.sleep(for: limit)
            continuation.finish()
        }
        defer { timer.cancel() }
        for await event in events { return event }
        throw MailboxError.nothingCame(within: limit)
    }
}

package enum MailboxError: Error {
    case nothingCame(within: Duration)
}
