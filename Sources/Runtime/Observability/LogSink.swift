import Foundation
import Threading

/// Takes finished log lines, each a whole one with its newline.
public struct LogSink: Sendable {
    package let isTerminal: Bool
    package let write: @Sendable ([UInt8]) -> Void

    /// - Parameters:
    ///   - isTerminal: lines get colours, and `auto` means text.
    ///   - write: called from many threads at once, with one whole line.
    public init(isTerminal: Bool = false, write: @escaping @Sendable ([UInt8]) -> Void) {
        self.isTerminal = isTerminal
        self.write = write
    }

    /// The process's standard output.
    public static let standardOutput = LogSink(descriptor: STDOUT_FILENO)
    /// The process's standard error.
    public static let standardError = LogSink(descriptor: STDERR_FILENO)

    /// Lines are written at once and whole: what a killed process said last is there. A reader that stops reading stops
    /// the writer too, as for every program that writes to a pipe.
    public init(descriptor: Int32) {
        let lock = Lock(())
        self.init(isTerminal: isatty(descriptor) == 1) { line in
            lock.withLock { _ in
                var rest = line[...]
                while !rest.isEmpty {
                    let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
                    if written > 0 {
                        rest = rest.dropFirst(written)
                    } else if written < 0 && errno == EAGAIN {
                        // Somebody made the shared descriptor non-blocking: wait until it takes bytes again.
                        var writable = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                        poll(&writable, 1, -1)
                    } else if written < 0 && errno == EINTR {
                        continue
                    } else {
                        return  // Nobody can be told that nobody listens.
                    }
                }
            }
        }
    }
}
