import Foundation
import Threading

/// Turns signals into calls on a thread of their own.
///
/// A handler with a pipe, rather than blocked signals with `sigwait` or a signalfd: Swift's main thread ends in
/// libdispatch's `sigsuspend` with an empty mask, so a signal that every other thread has blocked would reach that one
/// and kill the process. A handler also leaves no blocked mask behind for child processes to inherit.
enum TerminationSignals {
    private struct Watch: Sendable {
        var onFirst: @Sendable (Int32) -> Void
        var isStopping = false
    }

    private static let watch = Lock<Watch?>(nil)

    // nonisolated(unsafe): written once, before the handler that reads it is installed; a signal handler may not take
    // a lock.
    nonisolated(unsafe) fileprivate static var pipeEnd: Int32 = -1

    /// The first of `signals` to arrive calls `onFirst`; the second exits at once, even when every thread of the
    /// cooperative pool is stuck.
    static func watch(_ signals: [Int32], onFirst: @escaping @Sendable (Int32) -> Void) {
        let isInstalled = watch.withLock { watch in
            defer { watch = Watch(onFirst: onFirst) }
            return watch != nil
        }
        if !isInstalled { startThread() }
        for number in signals {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { number in
                let savedError = errno
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(TerminationSignals.pipeEnd, &byte, 1)
                errno = savedError
            }
            // Blocking calls of other code go on as if nothing had happened.
            action.sa_flags = SA_RESTART
            sigaction(number, &action, nil)
        }
    }

    private static func startThread() {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        pipeEnd = ends[1]
        let readEnd = ends[0]
        let thread = Thread {
            var byte: UInt8 = 0
            while true {
                let count = read(readEnd, &byte, 1)
                guard count == 1 else {
                    if count < 0 && errno == EINTR { continue }
                    return
                }
                arrived(Int32(byte))
            }
        }
        thread.name = "signals"
        thread.start()
    }

    private static func arrived(_ signal: Int32) {
        let onFirst = watch.withLock { watch -> (@Sendable (Int32) -> Void)? in
            guard let current = watch, !current.isStopping else { return nil }
            watch?.isStopping = true
            return current.onFirst
        }
        guard let onFirst else { _exit(128 + signal) }
        onFirst(signal)
    }
}
