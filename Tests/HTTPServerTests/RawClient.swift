import Foundation

/// A TCP client that sends exactly the bytes it is told to. Its blocking calls run on threads of their own: the handlers
/// under test need the concurrent executor.
final class RawClient: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    struct Response {
        let status: Int
        let headers: [(name: String, value: String)]
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
        }

        subscript(name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    private let descriptor: Int32

    /// - Parameter receiveBuffer: bytes the kernel may hold for us; small ones make a client that does not read felt.
    init(port: Int, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        // The deadline of every wait in these tests.
        var timeout = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        if var receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            // The instance is complete, so deinit closes the socket.
            throw Failure(description: "connect: \(String(cString: strerror(errno)))")
        }
    }

    deinit { Foundation.close(descriptor) }

    func send(_ text: String) async { await send(Array(text.utf8)) }

    /// Sends until done or refused: a server that hangs up on garbage is what some tests want.
    func send(_ bytes: [UInt8]) async {
        try? await blocking { [descriptor] in
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes {
                    Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return }
                sent += count
            }
        }
    }

    func get(_ target: String, headers: String = "") async throws -> Response {
        await send("GET \(target) HTTP/1.1\r\nHost: x\r\n\(headers)\r\n")
        return try await response()
    }

    func post(_ target: String, json: String, headers: String = "") async throws -> Response {
        await send(
            "POST \(target) HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(json.utf8.count)\r\n\(headers)\r\n\(json)"
        )
        return try await response()
    }

    /// The next response, to its end.
    func response(toHead: Bool = false) async throws -> Response {
        try await blocking { [self] in
            let lines = try readHead()
            let status = Int(lines[0].split(separator: " ").dropFirst().first ?? "") ?? 0
            let headers = lines.dropFirst().map { line -> (name: String, value: String) in
                let parts = line.split(separator: ":", maxSplits: 1)
                return (String(parts[0]), parts[1].trimmingCharacters(in: .whitespaces))
            }
            var response = Response(status: status, headers: headers, body: [])
            if toHead || status == 204 { return response }
            if let length = response["Content-Length"].flatMap({ Int($0) }) {
                response = Response(status: status, headers: headers, body: try read(length))
            } else if response["Transfer-Encoding"] == "chunked" {
                response = Response(status: status, headers: headers, body: try readChunks())
            }
            return response
        }
    }

    /// Status line and headers only; the body stays unread.
    func head() async throws -> [String] {
        try await blocking { [self] in try readHead() }
    }

    func chunk() async throws -> String {
        try await blocking { [self] in String(decoding: try readChunk(), as: UTF8.self) }
    }

    /// Everything until the server closes the connection, by FIN or RST.
    func rest() async throws -> String {
        try await blocking { [descriptor] in
            var all: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 64 * 1024)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                if count < 0, errno == EAGAIN { throw Failure(description: "still open after the deadline") }
                guard count > 0 else { return String(decoding: all, as: UTF8.self) }
                all += buffer[..<count]
            }
        }
    }

    func close() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    func closeSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    // MARK: Blocking

    private func readHead() throws -> [String] {
        var bytes: [UInt8] = []
        while !bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) { bytes += try read(1) }
        return String(decoding: bytes.dropLast(4), as: UTF8.self).components(separatedBy: "\r\n")
    }

    private func readChunks() throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            let chunk = try readChunk()
            if chunk.isEmpty { return body }
            body += chunk
        }
    }

    private func readChunk() throws -> [UInt8] {
        var line: [UInt8] = []
        while !line.suffix(2).elementsEqual("\r\n".utf8) { line += try read(1) }
        guard let size = Int(String(decoding: line.dropLast(2), as: UTF8.self), radix: 16) else {
            throw Failure(description: "bad chunk size")
        }
        defer { _ = try? read(2) }
        return try read(size)
    }

    private func read(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var received = 0
        while received < count {
            let part = bytes.withUnsafeMutableBytes {
                recv(descriptor, $0.baseAddress.map { $0 + received }, count - received, 0)
            }
            guard part > 0 else {
                throw Failure(description: part == 0 ? "closed" : String(cString: strerror(errno)))
            }
            received += part
        }
        return bytes
    }
}

private func blocking<Result>(_ body: @escaping @Sendable () throws -> sending Result) async throws -> sending Result {
    let result = await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: Swift.Result { try body() }) }
    }
    return try result.get()
}
