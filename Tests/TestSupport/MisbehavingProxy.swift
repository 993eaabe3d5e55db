import Foundation
import Threading

/// A proxy on loopback that can misbehave: stop taking what clients send, put words into either side's mouth, twist them,
/// hang up.
package final class MisbehavingProxy: Sendable {
    private struct State {
        var pairs: [(client: Int32, server: Int32)] = []
        var isFrozen = false
        var isClosed = false
        var rewrite: (from: [UInt8], to: [UInt8], left: Int)?
    }

    package let port: Int
    private let listener: Int32
    private let target: Int
    private let state = Lock(State())

    /// - Parameter target: the server's port on loopback.
    package init(to target: Int) throws {
        self.target = target
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        // Inherited by what is accepted: a frozen client shall fill these few kilobytes, not megabytes.
        var buffer: Int32 = 4096
        setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &buffer, socklen_t(MemoryLayout<Int32>.size))
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, size) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, pointer, &size) == 0
            }
        }
        guard isListening else { throw TestEnvironment.Missing(description: "a proxy cannot listen on loopback") }
        self.listener = listener
        self.port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in acceptClients() }
    }

    /// Stops, or goes on with, reading from the clients; what the server says still passes.
    package func freeze(_ isFrozen: Bool) { state.withLock { $0.isFrozen = isFrozen } }

    /// Sends bytes to the clients as if the server had.
    package func inject(_ bytes: [UInt8]) {
        state.withLock { state in
            for pair in state.pairs { _ = send(pair.client, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }
        }
    }

    /// Sends bytes to the server as if each of the clients had.
    package func injectToServer(_ bytes: [UInt8]) {
        state.withLock { state in
            for pair in state.pairs { _ = send(pair.server, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }
        }
    }

    /// Replaces what a client sends by something of the same length, the next so many times that it comes.
    package func rewrite(_ from: [UInt8], to: [UInt8], times: Int) {
        precondition(from.count == to.count)
        state.withLock { $0.rewrite = (from, to, times) }
    }

    /// How many more times something will be rewritten.
    package var rewritesLeft: Int { state.withLock { $0.rewrite?.left ?? 0 } }

    /// Hangs up on everybody; new clients are served.
    package func hangUp() {
        state.withLock { state in
            for pair in state.pairs {
                shutdown(pair.client, Int32(SHUT_RDWR))
                shutdown(pair.server, Int32(SHUT_RDWR))
            }
            state.pairs = []
        }
    }

    package func close() {
        state.withLock { $0.isClosed = true }
        shutdown(listener, Int32(SHUT_RDWR))
        hangUp()
    }

    private func acceptClients() {
        while true {
            let client = accept(listener, nil, nil)
            if client < 0 || state.withLock({ $0.isClosed }) { break }
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = loopback(port: target)
            _ = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                    connect(server, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            state.withLock { $0.pairs.append((client, server)) }
            // Descriptors stay open until the process ends: a number that is reused could be shut down by mistake.
            Thread.detachNewThread { [self] in pump(from: client, to: server, isClients: true) }
            Thread.detachNewThread { [self] in pump(from: server, to: client, isClients: false) }
        }
    }

    private func rewrite(_ chunk: inout ArraySlice<UInt8>) {
        state.withLock { state in
            guard let (from, to, left) = state.rewrite, left > 0, let place = chunk.firstRange(of: from) else { return }
            chunk.replaceSubrange(place, with: to)
            state.rewrite?.left = left - 1
        }
    }

    private func pump(from source: Int32, to destination: Int32, isClients: Bool) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            // Frozen, it waits for a hang-up only, or input that it does not take would keep it spinning.
            let wasFrozen = isClients && state.withLock { $0.isFrozen }
            var readable = pollfd(fd: source, events: wasFrozen ? 0 : Int16(POLLIN), revents: 0)
            poll(&readable, 1, 20)
            if readable.revents == 0 { continue }
            if wasFrozen { break }
            // What comes after the freezing has begun does not pass, although it was awaited before.
            if isClients, state.withLock({ $0.isFrozen }) { continue }
            let count = recv(source, &buffer, buffer.count, 0)
            if count <= 0 { break }
            if isClients { rewrite(&buffer[..<count]) }
            var sent = 0
            while sent < count {
                let written = buffer.withUnsafeBytes {
                    send(destination, $0.baseAddress.map { $0 + sent }, count - sent, Int32(MSG_NOSIGNAL))
                }
                if written <= 0 { return }
                sent += written
            }
        }
        shutdown(destination, Int32(SHUT_RDWR))
    }
}

private func loopback(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    return address
}
