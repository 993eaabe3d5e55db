/// Lets pages of other origins use the API from a browser (the Fetch standard, "CORS protocol").
///
/// Stands outside the problem renderer, so that a page can also read why it was refused.
public struct CORS: Middleware {
    private let origins: Set<String>
    private let isOpen: Bool

    /// - Parameter origins: such as `https://shop.example`, as browsers send them. `*` admits every page, but none of them
    ///   with cookies. Without any, no page of another origin is admitted.
    public init(origins: [String]) {
        self.origins = Set(origins)
        isOpen = origins.contains("*")
    }

    /// Answers a preflight itself, and adds to every other answer what the browser asks for.
    public func respond(to request: Request, next: Handler) async throws -> Response {
        if origins.isEmpty { return try await next(request) }
        guard let origin = request.headers["Origin"], isOpen || origins.contains(origin) else {
            return varying(try await next(request))
        }
        let isPreflight = request.method == .options && request.headers["Access-Control-Request-Method"] != nil
        var response = isPreflight ? Self.preflight : varying(try await next(request))
        response.headers["Access-Control-Allow-Origin"] = isOpen ? "*" : origin
        // With a wildcard browsers refuse an answer to a request that carried cookies, whatever else is said.
        if !isOpen { response.headers["Access-Control-Allow-Credentials"] = "true" }
        if !isPreflight { response.headers["Access-Control-Expose-Headers"] = Self.exposed }
        return response
    }

    /// A cache must not hand one origin's answer to another.
    private func varying(_ response: Response) -> Response {
        if isOpen { return response }
        var response = response
        response.headers.append("Vary", "Origin")
        return response
    }

    /// The same for every path, so that it costs no look at the routes: what is not there answers 404 and 405 afterwards.
    private static let preflight = Response(
        status: 204,
        headers: [
            "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
            "Access-Control-Allow-Headers": """
            Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, X-Request-Id, \
            X-Wharf-LSN, traceparent
            """,
            "Access-Control-Max-Age": "600",
            "Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
        ]
    )

    /// What a page may read beside the fields that every page may.
    private static let exposed = """
        ETag, Idempotency-Key, Idempotency-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id, \
        X-Wharf-LSN
        """
}
