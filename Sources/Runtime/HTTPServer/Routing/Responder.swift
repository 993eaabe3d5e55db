/// A router inside the middleware that stands around everything: what a server runs, and what a test can run without
/// a socket.
///
/// The route is found before the middleware runs, so that middleware can see its template.
public struct Responder: Sendable {
    private let root: RouteNode
    /// Answers what no route answers, with the problem given, inside the same middleware.
    private let unrouted: @Sendable (Problem) -> Handler

    /// - Parameter middleware: the first one is outermost.
    public init(router: Router, middleware: [any Middleware] = Self.standardMiddleware) {
        var root = router.root
        root.wrapHandlers(in: middleware + [BodylessAnswers()])
        self.root = root
        unrouted = { problem in middleware.wrapping { _ in throw problem } }
    }

    /// Finds the route and answers by its handler; 404 and 405 where there is none.
    public func respond(to request: Request) async throws -> Response {
        guard let (routes, values) = root.find(request.segments[...]) else {
            return try await refuse(request, with: .notFound("No resource has this path."))
        }
        guard let route = routes[request.method] ?? (request.method == .head ? routes[.get] : nil) else {
            let allowed = Set(routes.keys).union(routes[.get] == nil ? [] : [.head])
            return try await refuse(request, with: .methodNotAllowed(allow: Array(allowed)))
        }
        var request = request
        request.route = route.template
        for (name, value) in zip(route.parameterNames, values) { request.parameters[name] = value }
        return try await route.handler(request)
    }

    /// Answers `request` with `problem` as if a handler had thrown it.
    func refuse(_ request: Request, with problem: Problem) async throws -> Response {
        try await unrouted(problem)(request)
    }
}
