/// Which handler answers which method and path.
///
/// Templates name their variable segments in braces: `/api/orders/{number}`. A literal segment wins over a variable one.
/// A trailing slash is accepted everywhere, and a GET route answers HEAD as well.
public struct Router: Sendable {
    private(set) var root = RouteNode()

    /// Without routes: everything is 404.
    public init() {}

    /// Every route's method and template as it was given, in no particular order: for tools that compare them with a
    /// description of the API.
    public var routes: [(method: Request.Method, template: String)] {
        root.all.map { ($0.method, $0.template) }
    }

    /// Adds a route for GET, which answers HEAD too.
    public mutating func get(
        _ template: String,
        middleware: [any Middleware] = [],
        handler: @escaping Handler
    ) {
        on(.get, template, middleware: middleware, handler: handler)
    }

    /// Adds a route for POST.
    public mutating func post(
        _ template: String,
        middleware: [any Middleware] = [],
        handler: @escaping Handler
    ) {
        on(.post, template, middleware: middleware, handler: handler)
    }

    /// Adds a route for PUT.
    public mutating func put(
        _ template: String,
        middleware: [any Middleware] = [],
        handler: @escaping Handler
    ) {
        on(.put, template, middleware: middleware, handler: handler)
    }

    /// Adds a route for PATCH.
    public mutating func patch(
        _ template: String,
        middleware: [any Middleware] = [],
        handler: @escaping Handler
    ) {
        on(.patch, template, middleware: middleware, handler: handler)
    }

    /// Adds a route for DELETE.
    public mutating func delete(
        _ template: String,
        middleware: [any Middleware] = [],
        handler: @escaping Handler
    ) {
        on(.delete, template, middleware: middleware, handler: handler)
    }

    /// - Parameter middleware: stands around this route only, inside the server's own, the first one outermost.
    /// - Precondition: `template` begins with a slash, and no other route has its method and shape.
    public mutating func on(
        _ method: Request.Method,
        _ template: String,
        middleware: [any Middleware] = [],
        handler: @escaping Handler
    ) {
        let route = Route(method: method, template: template, handler: middleware.wrapping(handler))
        root.insert(route, at: route.segments[...])
    }
}
