import CLinux
import Foundation
import Observability

/// A thread that sees what libmicrohttpd does not: that the client of a suspended connection left, and that a request
/// drips in too slowly (the library's own timeout restarts with every byte).
final class ConnectionWatcher: Sendable {
    private static let stopTag: UInt64 = 0

    private let connections: ConnectionTable
    private let limits: Connection.Limits
    private let logger: Logger
    private let epoll = clinux_epoll_create()
    private let stopSignal = clinux_eventfd()

    init(_ connections: ConnectionTable, limits: Connection.Limits, _ logger: Logger) {
        self.connections = connections
        self.limits = limits
        self.logger = logger
        _ = clinux_epoll_add(epoll, stopSignal, clinux_epollin, Self.stopTag)
        let thread = Thread { [self] in run() }
        thread.name = "http-watcher"
        thread.start()
    }

    deinit {
        close(epoll)
        close(stopSignal)
    }

    func watch(_ connection: Connection) {
        _ = clinux_epoll_add(epoll, connection.socket, clinux_epollrdhup | clinux_epollet, connection.id)
    }

    /// Must be called before the socket is closed.
    func unwatch(_ connection: Connection) {
        _ = clinux_epoll_remove(epoll, connection.socket)
    }

    /// Ends the thread.
    func stop() {
        var one: UInt64 = 1
        _ = write(stopSignal, &one, MemoryLayout<UInt64>.size)
    }

    private func run() {
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        var lastSweep = ContinuousClock.now
        while true {
            let count = epoll_wait(epoll, &events, Int32(events.count), 1000)
            for event in events.prefix(max(0, Int(count))) {
                if event.data.u64 == Self.stopTag { return }
                connections[event.data.u64]?.hangUp()
            }
            let now = ContinuousClock.now
            if now - lastSweep > .milliseconds(900) {
                lastSweep = now
                sweep(now)
            }
        }
    }

    private func sweep(_ now: ContinuousClock.Instant) {
        var expired = 0
        connections.withOpenSockets { connection in
            if connection.expire(now: now, limits: limits) { expired += 1 }
        }
        if expired > 0 { logger.info("Requests timed out", [.count: .int(expired), .status: 408]) }
    }
}
