public import Observability

/// A request with its whole body, as handlers and middleware see it.
public struct Request: Sendable {
    /// An HTTP method, upper case.
    public struct Method: RawRepresentable, Hashable, Sendable {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }

        /// Reads (RFC 9110 §9.3.1).
        public static let get = Method(rawValue: "GET")
        /// Reads without the body (RFC 9110 §9.3.2).
        public static let head = Method(rawValue: "HEAD")
        /// Has the target process the body (RFC 9110 §9.3.3).
        public static let post = Method(rawValue: "POST")
        /// Replaces the target (RFC 9110 §9.3.4).
        public static let put = Method(rawValue: "PUT")
        /// Changes a part of the target (RFC 5789).
        public static let patch = Method(rawValue: "PATCH")
        /// Removes the target (RFC 9110 §9.3.5).
        public static let delete = Method(rawValue: "DELETE")
        /// Asks what is possible (RFC 9110 §9.3.7).
        public static let options = Method(rawValue: "OPTIONS")
    }

    /// What never changes on a request's way, behind one reference: middleware copies requests.
    private final class Head: Sendable {
        let method: Method
        let target: RequestTarget
        let headers: Headers
        let remoteAddress: String

        init(method: Method, target: RequestTarget, headers: Headers, remoteAddress: String) {
            self.method = method
            self.target = target
            self.headers = headers
            self.remoteAddress = remoteAddress
        }
    }

    private let head: Head
    private var context: [ObjectIdentifier: any Sendable] = [:]

    /// The whole body; empty where there is none.
    public let body: [UInt8]
    /// `X-Request-Id`: the client's, if it sent a sane one, else made here. Every answer echoes it.
    public let requestID: String
    /// The span of this request, a child of the client's `traceparent` if there was one.
    public let trace: TraceContext
    /// The percent-decoded values of the route's `{names}`.
    public internal(set) var parameters: [String: String] = [:]
    /// The template of the matched route, such as `/api/orders/{number}`; nil when none matched.
    public internal(set) var route: String?
    /// Whether the client has left, so that no answer can reach it.
    public var isClientGone: Bool { client?.isGone ?? false }
    let client: (any ClientPresence)?

    /// The method of the request line.
    public var method: Method { head.method }
    /// The path as it was sent: not decoded, without the query.
    public var path: String { head.target.path }
    /// The path's decoded parts between slashes.
    public var segments: [String] { head.target.segments }
    /// The items behind the target's question mark, decoded.
    public var query: QueryItems { head.target.query }
    /// The header fields, whose names have no case.
    public var headers: Headers { head.headers }
    /// The client's numeric address without the port: the peer's, or what a trusted proxy says of it
    /// (``HTTPServer/Configuration/trustedProxies``).
    public var remoteAddress: String { head.remoteAddress }

    /// - Parameter target: path and query, as in a request line.
    public init(
        method: Method,
        target: String,
        headers: Headers = [:],
        body: [UInt8] = [],
        remoteAddress: String = "127.0.0.1"
    ) {
        self.init(
            method: method,
            target: target,
            headers: headers,
            body: body,
            remoteAddress: remoteAddress,
            client: nil
        )
    }

    init(
        method: Method,
        target: String,
        headers: Headers,
        body: [UInt8],
        remoteAddress: String,
        client: (any ClientPresence)?
    ) {
        head = Head(
            method: method,
            target: RequestTarget(parsing: target),
            headers: headers,
            remoteAddress: remoteAddress
        )
        self.body = body
        self.client = client
        requestID = RequestID.accepting(headers["X-Request-Id"])
        trace = .continuing(headers["traceparent"]) ?? .new()
    }

    /// What middleware learned about the request, such as who sent it.
    public subscript<Key: RequestContextKey>(_ key: Key.Type) -> Key.Value? {
        get { context[ObjectIdentifier(key)] as? Key.Value }
        set { context[ObjectIdentifier(key)] = newValue }
    }
}

/// Names one value that middleware leaves in a request: `enum CurrentUser: RequestContextKey { typealias Value = User }`.
public protocol RequestContextKey {
    /// What is kept under the key.
    associatedtype Value: Sendable
}

/// Knows whether the peer of a request is still there.
protocol ClientPresence: Sendable {
    var isGone: Bool { get }
}
