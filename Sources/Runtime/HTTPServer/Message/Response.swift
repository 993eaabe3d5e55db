import Foundation

/// An answer. The server adds `Date`, `X-Request-Id` and the framing (`Content-Length` or chunks).
public struct Response: Sendable {
    /// What follows the headers.
    public enum Body: Sendable {
        /// A body that is there as a whole; its length becomes `Content-Length`.
        case bytes([UInt8])
        /// Sent in chunks while the closure runs. It is cancelled when the client leaves and when the server begins to
        /// stop; if it throws, the connection is cut so that the client does not take the part for the whole.
        case stream(@Sendable (any BodyWriter) async throws -> Void)
    }

    /// 200–599.
    public var status: Int
    /// A field with a control character in it makes the whole answer a 500: header injection is refused, not cleaned.
    /// `Content-Length`, `Transfer-Encoding`, `Connection` and `Date` are the server's own and ignored here.
    public var headers: Headers
    /// What follows the headers.
    public var body: Body

    /// An answer without a body, unless one is given.
    public init(status: Int = 200, headers: Headers = [:], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// `value` as JSON by ``JSONCoding``.
    ///
    /// - Throws: `EncodingError`.
    public static func json(_ value: some Encodable, status: Int = 200) throws -> Response {
        Response(
            status: status,
            headers: ["Content-Type": "application/json"],
            body: .bytes([UInt8](try JSONCoding.encoder.encode(value)))
        )
    }

    /// Plain text in UTF-8.
    public static func text(_ text: String, status: Int = 200) -> Response {
        Response(
            status: status,
            headers: ["Content-Type": "text/plain; charset=utf-8"],
            body: .bytes(Array(text.utf8))
        )
    }

    /// 204.
    public static let noContent = Response(status: 204)
}
