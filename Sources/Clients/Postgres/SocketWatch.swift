import CLinux
import Foundation
import Threading

/// The thread that waits for the answers to all connections of the process.
///
/// A thread for each connection would be woken and put to sleep for each round trip, which costs more than what it does
/// in between; one thread for all of them takes in several answers at one waking when there is much to do.
final class SocketWatch: Sendable {
    static let shared = SocketWatch()

    private struct Observer {
        // Weak: a connection that nobody holds any more is closed, watched or not.
        weak var socket: LibPQSocket?
    }

    private struct State {
        var observers: [UInt64: Observer] = [:]
        var lastTag: UInt64 = 0
    }

    private let epoll = clinux_epoll_create()
    private let state = Lock(State())

    private init() {
        let thread = Thread { [self] in
            clinux_set_thread_name("postgres")
            run()
        }
        thread.start()
    }

    /// - Returns: what names the watch to `remove`.
    func add(_ socket: LibPQSocket) -> UInt64 {
        let tag = state.withLock { state in
            state.lastTag += 1
            state.observers[state.lastTag] = Observer(socket: socket)
            return state.lastTag
        }
        _ = clinux_epoll_add(epoll, socket.descriptor, clinux_epollin, tag)
        return tag
    }

    /// - Parameter wantsToWrite: whether to call as well when the socket takes bytes again.
    func change(_ tag: UInt64, of descriptor: Int32, wantsToWrite: Bool) {
        let events = wantsToWrite ? clinux_epollin | clinux_epollout : clinux_epollin
        _ = clinux_epoll_change(epoll, descriptor, events, tag)
    }

    /// Must be called before the descriptor is closed, or with a negative one where it is closed already. A call that is on
    /// its way may still come.
    func remove(_ tag: UInt64, of descriptor: Int32) {
        if descriptor >= 0 { _ = clinux_epoll_remove(epoll, descriptor) }
        state.withLock { $0.observers[tag] = nil }
    }

    private func run() -> Never {
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        while true {
            let count = epoll_wait(epoll, &events, Int32(events.count), -1)
            for event in events.prefix(max(0, Int(count))) {
                state.withLock { $0.observers[event.data.u64]?.socket }?.isReady()
            }
        }
    }
}
