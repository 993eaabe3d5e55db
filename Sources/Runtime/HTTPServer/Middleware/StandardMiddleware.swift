import Observability

extension Responder {
    /// Access log, metrics, traces, errors to problem+json, from the outside in.
    public static var standardMiddleware: [any Middleware] { standardMiddleware(around: []) }

    /// The standard middleware, with more of it that sees every answer, errors as well: inside log, metrics and traces, outside
    /// what makes problem documents of errors.
    public static func standardMiddleware(around answers: [any Middleware]) -> [any Middleware] {
        [AccessLog(), HTTPMetrics(), HTTPTracing()] + answers + [ProblemRenderer()]
    }
}
