/// Answers that have no body by definition: those to HEAD, and 204 and 304 (RFC 9110 §9.3.2, §15.3.5, §15.4.5).
///
/// For HEAD a stream would wait for events that nobody reads, and libmicrohttpd 0.9.75 would send a last chunk that the
/// client takes for the next answer: so the stream is dropped, here next to the handler, before middleware waits for it.
struct BodylessAnswers: Middleware {
    func respond(to request: Request, next: Handler) async throws -> Response {
        var response = try await next(request)
        if response.status == 204 || response.status == 304 {
            response.body = .bytes([])
        } else if request.method == .head, case .stream = response.body {
            response.body = .bytes([])
        }
        return response
    }
}
