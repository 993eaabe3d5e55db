import CMicroHTTPD
import Foundation

/// An answer written to the socket itself, after which the connection is cut: libmicrohttpd takes no answer to a request
/// that is incomplete.
///
/// Nothing else may be on its way to the client: no answer is sent while a request is still being received.
enum RawAnswer {
    static func send(_ response: Response, to socket: Int32) {
        guard case .bytes(let body) = response.body else { return }
        let reason = MHD_get_reason_phrase_for(UInt32(response.status)).map { String(cString: $0) } ?? ""
        var head = "HTTP/1.1 \(response.status) \(reason)\r\nDate: \(httpDate())\r\nConnection: close\r\n"
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
