import Foundation
import Threading

/// Passes TCP connections on to another port, until it is cut: then those that are open break, and new ones are refused.
package final class TCPProxy: Sendable {
    private struct State {
        var listener: Int32 = -1
        var open: Set<Int32> = []
    }

    package let port: Int
    private let target: Int
    private let state = Lock(State())

    package init(to target: Int) throws {
        self.target = target
        // Between the look at a port and its use, another process may take it.
        for _ in 0..<10 {
            let port = try freePort()
            guard let listener = Self.listen(on: port) else { continue }
            self.port = port
            serve(listener)
            return
        }
        throw TestEnvironment.Missing(description: "the proxy finds no port: errno \(errno)")
    }

    deinit { cut() }

    package func restore() throws {
        guard let listener = Self.listen(on: port) else {
            throw TestEnvironment.Missing(description: "the proxy cannot listen on port \(port): errno \(errno)")
        }
        serve(listener)
    }

    private static func listen(on port: Int) -> Int32? {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard withAddress(port, { bind(listener, $0, $1) }) == 0, Glibc.listen(listener, 64) == 0 else {
            close(listener)
            return nil
        }
        return listener
    }

    private func serve(_ listener: Int32) {
        state.withLock { $0.listener = listener }
        Thread.detachNewThread { [weak self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0, let self else { return }
                self.connect(client)
            }
        }
    }

    package func cut() {
        let (listener, open) = state.withLock { state in
            defer { state = State() }
            return (state.listener, state.open)
        }
        if listener >= 0 {
            shutdown(listener, Int32(SHUT_RDWR))
            close(listener)
        }
        for descriptor in open { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }

    private func connect(_ client: Int32) {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard Self.withAddress(target, { Glibc.connect(server, $0, $1) }) == 0 else {
            close(server)
            close(client)
            return
        }
        state.withLock { $0.open.formUnion([client, server]) }
        let halves = Lock(2)
        for (from, to) in [(client, server), (server, client)] {
            Thread.detachNewThread { [weak self] in
                Self.pump(from, to)
                guard
                    halves.withLock({ halves in
                        halves -= 1
                        return halves == 0
                    })
                else { return }
                self?.state.withLock { $0.open.subtract([client, server]) }
                close(client)
                close(server)
            }
        }
    }

    private static func pump(_ from: Int32, _ to: Int32) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(from, &buffer, buffer.count)
            if count <= 0 { break }
            var sent = 0
            while sent < count {
                let written = buffer.withUnsafeBytes {
                    send(to, $0.baseAddress.map { $0 + sent }, count - sent, Int32(MSG_NOSIGNAL))
                }
                if written <= 0 { break }
                sent += written
            }
            if sent < count { break }
        }
        shutdown(from, Int32(SHUT_RDWR))
        shutdown(to, Int32(SHUT_RDWR))
    }

    private static func withAddress(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
