/// Answers that have no body by definition: those to HEAD, and 204 and 304 (RFC 9110 §9.3.2, §15.3.5, §15.4.5).
///
/// A stream for HEAD would wait for events that nobody reads, so it becomes one that ends at once. This stands next to
/// the handler, so that the middleware around it still sees a stream begin and end.
struct BodylessAnswers: Middleware {
    func respond(to request: Request, next: Handler) async throws -> Response {
        var response = try await next(request)
        if response.status == 204 || response.status == 304 {
            response.body = .bytes([])
        } else if request.method == .head, case .stream = response.body {
            response.body = .stream { _ in }
        }
        return response
    }
}
