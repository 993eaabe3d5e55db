/// What a browser must not do with an answer, whatever else it was tricked into.
///
/// The answers are data: they load nothing, stand in no frame, are taken for nothing but their content type, and a link
/// that leads away from them tells nobody where it stood. A field that the answer has already is left as it is.
public struct SecurityHeaders: Middleware {
    private let fields: [(name: String, value: String)]

    /// - Parameter transportSecurity: for how many seconds browsers are to use TLS only (RFC 6797); 0 says nothing about it,
    ///   and is right wherever no TLS stands in front.
    public init(transportSecurity: Int = 0) {
        var fields = [
            ("X-Content-Type-Options", "nosniff"),
            ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
            ("Referrer-Policy", "no-referrer"),
        ]
        if transportSecurity > 0 {
            fields.append(("Strict-Transport-Security", "max-age=\(transportSecurity); includeSubDomains"))
        }
        self.fields = fields
    }

    /// Answers as `next` does, with the fields added.
    public func respond(to request: Request, next: Handler) async throws -> Response {
        var response = try await next(request)
        for (name, value) in fields where response.headers[name] == nil { response.headers.append(name, value) }
        return response
    }
}
