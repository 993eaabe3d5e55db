import Foundation

/// Reads a pipe on a thread of its own and cuts what comes into lines.
final class LineReader: Sendable {
    /// A longer line is passed on in pieces, so that a process without newlines cannot fill the memory.
    static let maximumLength = 64 * 1024

    private let ended = DispatchSemaphore(value: 0)

    /// Owns `descriptor` and closes it at its end.
    init(descriptor: Int32, onLine: @escaping @Sendable ([UInt8]) -> Void) {
        let thread = Thread { [ended] in
            var buffer = [UInt8](repeating: 0, count: 16 * 1024)
            var rest: [UInt8] = []
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { break }
                for byte in buffer[..<count] {
                    let isNewline = byte == UInt8(ascii: "\n")
                    if !isNewline { rest.append(byte) }
                    if isNewline || rest.count == Self.maximumLength {
                        onLine(rest)
                        rest.removeAll(keepingCapacity: true)
                    }
                }
            }
            if !rest.isEmpty { onLine(rest) }
            close(descriptor)
            ended.signal()
        }
        thread.name = "lines"
        thread.start()
    }

    /// Waits until the last line was passed on, but not long: a process that escaped its group may keep the pipe open.
    func waitForEnd() { _ = ended.wait(timeout: .now() + .seconds(1)) }
}
