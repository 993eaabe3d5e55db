import HTTPServer

/// The API's own description, for programs and for people.
struct DocumentRoutes {
    private let document: APIDocument

    init(_ dependencies: ShopDependencies) { document = dependencies.document }

    @Sendable func openAPI(_: Request) -> Response { answer(document.json, "application/json") }

    @Sendable func page(_: Request) -> Response {
        var response = answer(document.page, "text/html; charset=utf-8")
        // Its own script and style and no others, and it talks to nobody but this server.
        response.headers["Content-Security-Policy"] = """
            default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
            form-action 'none'; frame-ancestors 'none'
            """
        return response
    }

    @Sendable func style(_: Request) -> Response { answer(document.style, "text/css; charset=utf-8") }

    @Sendable func script(_: Request) -> Response { answer(document.script, "text/javascript; charset=utf-8") }

    private func answer(_ bytes: [UInt8], _ contentType: String) -> Response {
        Response(
            headers: ["Content-Type": contentType, "Cache-Control": "public, max-age=300"],
            body: .bytes(bytes)
        )
    }
}
