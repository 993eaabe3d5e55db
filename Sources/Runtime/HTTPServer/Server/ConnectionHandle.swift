import CMicroHTTPD
import Foundation

/// libmicrohttpd's connection.
struct ConnectionHandle: @unchecked Sendable {
    // @unchecked: only `resume` is called outside the library's callbacks, and the library allows that from any thread
    // while the connection is suspended.
    let pointer: OpaquePointer

    var socket: Int32 { cmicrohttpd_socket(pointer) }

    /// Bytes of request line and headers.
    var headerSize: Int { cmicrohttpd_header_size(pointer) }

    /// From now on the library leaves the connection alone, and does not even notice that the client left.
    func suspend() { MHD_suspend_connection(pointer) }

    /// Exactly once for each ``suspend()``.
    func resume() { MHD_resume_connection(pointer) }

    /// The peer's numeric address, without the port.
    var remoteAddress: String {
        guard let address = cmicrohttpd_client_address(pointer) else { return "" }
        let isIPv6 = Int32(address.pointee.sa_family) == AF_INET6
        let length = isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let result = getnameinfo(address, socklen_t(length), &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST)
        guard result == 0 else { return "" }
        return String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    var headers: Headers {
        var headers = Headers()
        withUnsafeMutablePointer(to: &headers) { pointer in
            _ = MHD_get_connection_values_n(
                self.pointer,
                .HEADER_KIND,
                { context, _, name, nameLength, value, valueLength in
                    guard let context, let name else { return .YES }
                    context.assumingMemoryBound(to: Headers.self).pointee.append(
                        name: UnsafeRawBufferPointer(start: name, count: nameLength),
                        value: UnsafeRawBufferPointer(start: value, count: valueLength).trimmingTrailingSpace
                    )
                    return .YES
                },
                pointer
            )
        }
        return headers
    }
}

extension UnsafeRawBufferPointer {
    /// The library removes the space before a value, and leaves what follows it (RFC 9110 §5.5 wants neither).
    fileprivate var trimmingTrailingSpace: Slice<UnsafeRawBufferPointer> {
        let last = lastIndex { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        return prefix(last.map { $0 + 1 } ?? 0)
    }
}
