/// Answers a request, or throws a ``Problem``.
public typealias Handler = @Sendable (Request) async throws -> Response

/// Something that stands around handlers: it may change the request, answer itself, or change the answer.
public protocol Middleware: Sendable {
    /// Answers the request, usually by calling `next`, once at most.
    ///
    /// - Throws: what middleware further out makes an answer of.
    func respond(to request: Request, next: Handler) async throws -> Response
}

extension Sequence where Element == any Middleware {
    /// `handler` inside all of these, the first one outermost.
    func wrapping(_ handler: @escaping Handler) -> Handler {
        reversed().reduce(handler) { inner, middleware in
            { request in try await middleware.respond(to: request, next: inner) }
        }
    }
}
