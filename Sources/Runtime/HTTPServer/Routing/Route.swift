struct Route: Sendable {
    enum Segment: Hashable, Sendable {
        case literal(String)
        case parameter
    }

    let method: Request.Method
    let template: String
    let segments: [Segment]
    let parameterNames: [String]
    var handler: Handler

    init(method: Request.Method, template: String, handler: @escaping Handler) {
        precondition(template.hasPrefix("/"), "the route \(template) must begin with a slash")
        self.method = method
        self.template = template
        self.handler = handler
        var segments: [Segment] = []
        var names: [String] = []
        for part in template.split(separator: "/") {
            if part.hasPrefix("{"), part.hasSuffix("}") {
                segments.append(.parameter)
                names.append(String(part.dropFirst().dropLast()))
            } else {
                segments.append(.literal(String(part)))
            }
        }
        self.segments = segments
        parameterNames = names
    }
}

/// The routes that share a beginning.
struct RouteNode: Sendable {
    private var children: [Route.Segment: RouteNode] = [:]
    private(set) var routes: [Request.Method: Route] = [:]

    /// The routes here and below.
    var all: [Route] { routes.values + children.values.flatMap(\.all) }

    mutating func insert(_ route: Route, at rest: ArraySlice<Route.Segment>) {
        guard let segment = rest.first else {
            precondition(routes[route.method] == nil, "two routes for \(route.method.rawValue) \(route.template)")
            routes[route.method] = route
            return
        }
        children[segment, default: RouteNode()].insert(route, at: rest.dropFirst())
    }

    /// The routes at a path, whatever their methods, and the values of its variable segments.
    func find(_ segments: ArraySlice<String>) -> (routes: [Request.Method: Route], values: [String])? {
        guard let segment = segments.first else { return routes.isEmpty ? nil : (routes, []) }
        let rest = segments.dropFirst()
        if let found = children[.literal(segment)]?.find(rest) { return found }
        guard !segment.isEmpty, let found = children[.parameter]?.find(rest) else { return nil }
        return (found.routes, [segment] + found.values)
    }

    mutating func wrapHandlers(in middleware: [any Middleware]) {
        routes = routes.mapValues { route in
            var wrapped = route
            wrapped.handler = middleware.wrapping(route.handler)
            return wrapped
        }
        children = children.mapValues { child in
            var wrapped = child
            wrapped.wrapHandlers(in: middleware)
            return wrapped
        }
    }
}
