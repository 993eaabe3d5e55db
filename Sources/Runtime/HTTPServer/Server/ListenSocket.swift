import CLinux
import Foundation

/// A bound, listening TCP socket.
struct ListenSocket {
    let descriptor: Int32
    let port: Int
    /// What takes its place at the end; made at the beginning, since at the end there may be no descriptor left for it.
    private let silent: Int32

    /// - Throws: ``HTTPServerError`` naming the address and the cause.
    init(host: String, port: Int) throws(HTTPServerError) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let resolved = getaddrinfo(host, String(port), &hints, &list)
        guard resolved == 0, let address = list?.pointee else {
            throw Self.failure(host, port, String(cString: gai_strerror(resolved)))
        }
        defer { freeaddrinfo(list) }

        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.ai_family, type, 0)
        guard descriptor >= 0 else { throw Self.failure(host, port, Self.lastError) }
        // Restarting must not wait for connections in TIME_WAIT; accepted sockets inherit SO_KEEPALIVE, by which a quiet
        // stream learns of a peer that vanished without a word.
        for option in [SO_REUSEADDR, SO_KEEPALIVE] {
            var one: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, option, &one, socklen_t(MemoryLayout<Int32>.size))
        }
        guard bind(descriptor, address.ai_addr, address.ai_addrlen) == 0, listen(descriptor, 1024) == 0 else {
            let reason = Self.lastError
            Foundation.close(descriptor)
            throw Self.failure(host, port, reason)
        }
        silent = clinux_eventfd()
        self.descriptor = descriptor
        self.port = Self.boundPort(descriptor)
    }

    /// Frees the address and accepts nothing more. The descriptor stays open, for libmicrohttpd to close, and is from now
    /// on one that never has anything to say.
    ///
    /// The library's own way, `MHD_quiesce_daemon`, takes the socket out of each thread's epoll set while the thread may be
    /// doing the same, and aborts the process when it comes second.
    func silence() {
        // The kernel drops a socket from every epoll set with its last descriptor.
        dup2(silent, descriptor)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        Foundation.close(silent)
    }

    /// In place of ``silence()``, where nobody has begun to use it.
    func close() {
        Foundation.close(descriptor)
        Foundation.close(silent)
    }

    private static func boundPort(_ descriptor: Int32) -> Int {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutableBytes(of: &storage) { bytes in
            guard let base = bytes.baseAddress,
                getsockname(descriptor, base.assumingMemoryBound(to: sockaddr.self), &length) == 0
            else { return 0 }
            // The port stands at the same place in sockaddr_in and sockaddr_in6.
            return Int(UInt16(bigEndian: base.load(fromByteOffset: 2, as: UInt16.self)))
        }
    }

    private static func failure(_ host: String, _ port: Int, _ reason: String) -> HTTPServerError {
        HTTPServerError(code: .cannotListen, message: "Cannot listen on \(host) port \(port): \(reason)")
    }

    private static var lastError: String { String(cString: strerror(errno)) }
}
