import Observability

extension Responder {
    /// Access log, metrics, errors to problem+json, from the outside in.
    public static var standardMiddleware: [any Middleware] { standardMiddleware(around: []) }

    /// The standard middleware, with more of it that sees every answer, errors as well: inside log and metrics, outside
    /// what makes problem documents of errors.
    public static func standardMiddleware(around answers: [any Middleware]) -> [any Middleware] {
        [AccessLog(), HTTPMetrics()] + answers + [ProblemRenderer()]
    }
}
