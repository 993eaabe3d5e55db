import Foundation

/// The 408 for a request that stopped half-way. The library cannot answer what it has not read, so it is written to the
/// socket itself: nothing else is being sent on a connection whose request is not complete.
enum RequestTimeout {
    static func send(to socket: Int32, target: String) {
        let path = RequestTarget(parsing: target).path
        let response = Problem.requestTimeout.response(instance: path, requestID: RequestID.accepting(nil))
        guard case .bytes(let body) = response.body else { return }
        var head = "HTTP/1.1 408 Request Timeout\r\nDate: \(httpDate())\r\nConnection: close\r\n"
        for (name, value) in response.headers { head += "\(name): \(value)\r\n" }
        head += "Content-Length: \(body.count)\r\n\r\n"
        let bytes = Array(head.utf8) + body
        // Never waits: a client that does not read may do without.
        _ = Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    }

    /// RFC 9110 §5.6.7. The names are fixed, so the C locale of a program that never calls setlocale is right.
    private static func httpDate() -> String {
        var now = time(nil)
        var parts = tm()
        gmtime_r(&now, &parts)
        var text = [CChar](repeating: 0, count: 64)
        let length = strftime(&text, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
        return String(decoding: text.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
