import Foundation
import Threading

/// Asks processes of this machine whether they are ready.
///
/// A plain socket rather than an HTTP client: the answer is one status line from the loopback, and the supervisor stays
/// small.
actor HealthProbe {
    private static let timeout = timeval(tv_sec: 2, tv_usec: 0)

    // Blocking calls, hence a thread of its own.
    private let executor = ThreadExecutor(name: "health-probe")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Whether `GET /health/ready` on 127.0.0.1 answers 200 within two seconds a step.
    func isReady(port: Int) -> Bool {
        guard let port = UInt16(exactly: port), let connection = connect(to: port) else { return false }
        defer { close(connection) }
        let request = Array("GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".utf8)
        guard send(connection, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return false }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 512)
        // "HTTP/1.1 200" is twelve bytes.
        while answer.count < 12 {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return false }
            answer += buffer[..<count]
        }
        let statusLine = String(decoding: answer[..<12], as: UTF8.self)
        return statusLine.hasPrefix("HTTP/1.") && statusLine.hasSuffix(" 200")
    }

    private func connect(to port: UInt16) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var timeout = Self.timeout
        // On Linux the send timeout bounds connect(2) as well (socket(7)).
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &timeout, socklen_t(MemoryLayout<timeval>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if result == 0 { return descriptor }
        close(descriptor)
        return nil
    }
}
