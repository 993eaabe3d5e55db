import Observability

extension Responder {
    /// Access log, metrics, errors to problem+json, from the outside in.
    public static var standardMiddleware: [any Middleware] {
        [AccessLog(), HTTPMetrics(), ProblemRenderer()]
    }
}
