import CMicroHTTPD

/// A response in the form that goes to libmicrohttpd.
struct Answer: Sendable {
    enum Content: Sendable {
        case bytes([UInt8])
        case stream(StreamBody)
    }

    let status: Int
    let headers: Headers
    let content: Content

    /// Hands the answer to the library, in one of its callbacks for this connection.
    ///
    /// - Parameter closing: whether the connection ends with this answer.
    /// - Returns: false if the library refused it; the connection is to be closed then.
    func queue(on connection: ConnectionHandle, closing: Bool) -> Bool {
        guard let response = makeResponse() else { return false }
        defer { MHD_destroy_response(response) }
        headers.forEachCString { name, value in MHD_add_response_header(response, name, value) }
        if closing { MHD_add_response_header(response, "Connection", "close") }
        return MHD_queue_response(connection.pointer, UInt32(status), response) == .YES
    }

    private func makeResponse() -> OpaquePointer? {
        switch content {
        case .bytes(let bytes):
            return bytes.withUnsafeBytes { buffer in
                MHD_create_response_from_buffer(
                    buffer.count,
                    UnsafeMutableRawPointer(mutating: buffer.baseAddress),
                    .RESPMEM_MUST_COPY
                )
            }
        case .stream(let stream):
            // The library keeps the stream until it has sent the response or lost the client.
            let context = Unmanaged.passRetained(stream).toOpaque()
            return MHD_create_response_from_callback(
                cmicrohttpd_size_unknown,
                16 * 1024,
                { context, _, buffer, size in
                    guard let context, let buffer else { return cmicrohttpd_end_with_error }
                    let stream = Unmanaged<StreamBody>.fromOpaque(context).takeUnretainedValue()
                    return switch stream.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size)) {
                    case .bytes(let count): count
                    case .suspended: 0
                    case .end: cmicrohttpd_end_of_stream
                    case .failure: cmicrohttpd_end_with_error
                    }
                },
                context,
                { context in
                    guard let context else { return }
                    Unmanaged<StreamBody>.fromOpaque(context).takeRetainedValue().release()
                }
            )
        }
    }
}
