public import Observability

/// A request with its whole body, as handlers and middleware see it.
public struct Request: Sendable {
    /// An HTTP method, upper case.
    public struct Method: RawRepresentable, Hashable, Sendable {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }

        public static let get = Method(rawValue: "GET")
        public static let head = Method(rawValue: "HEAD")
        public static let post = Method(rawValue: "POST")
        public static let put = Method(rawValue: "PUT")
        public static let patch = Method(rawValue: "PATCH")
        public static let delete = Method(rawValue: "DELETE")
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

    public var method: Method { head.method }
    /// The path as it was sent: not decoded, without the query.
    public var path: String { head.target.path }
    /// The path's decoded parts between slashes.
    public var segments: [String] { head.target.segments }
    public var query: QueryItems { head.target.query }
    public var headers: Headers { head.headers }
    /// The peer's numeric address without the port. Behind a proxy this is the proxy.
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
        trace = headers["traceparent"].flatMap(TraceContext.init(traceparent:))?.child() ?? .new()
    }

    /// What middleware learned about the request, such as who sent it.
    public subscript<Key: RequestContextKey>(_ key: Key.Type) -> Key.Value? {
        get { context[ObjectIdentifier(key)] as? Key.Value }
        set { context[ObjectIdentifier(key)] = newValue }
    }
}

/// Names one value that middleware leaves in a request: `enum CurrentUser: RequestContextKey { typealias Value = User }`.
public protocol RequestContextKey {
    associatedtype Value: Sendable
}

/// Knows whether the peer of a request is still there.
protocol ClientPresence: Sendable {
    var isGone: Bool { get }
}
