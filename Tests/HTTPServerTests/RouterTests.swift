import Testing

@testable import HTTPServer

@Suite struct RouterTests {
    private func responder() -> Responder {
        var router = Router()
        router.get("/") { _ in .text("root") }
        router.get("/orders") { _ in .text("list") }
        router.post("/orders") { _ in .text("place") }
        router.get("/orders/cart") { _ in .text("cart") }
        router.get("/orders/{number}") { request in .text("order \(request.parameters["number"] ?? "-")") }
        router.get("/orders/cart/items") { _ in .text("items") }
        router.delete("/orders/{number}/lines/{line}") { request in
            .text("\(request.route ?? "-") \(request.parameters["number"] ?? "-") \(request.parameters["line"] ?? "-")")
        }
        router.get("/stream") { _ in Response(body: .stream { _ in Issue.record("HEAD must not run a stream") }) }
        return Responder(router: router, middleware: [ProblemRenderer()])
    }

    private func answer(_ method: Request.Method, _ target: String) async throws -> (status: Int, text: String) {
        let response = try await responder().respond(to: Request(method: method, target: target))
        return (response.status, String(decoding: try response.bytes, as: UTF8.self))
    }

    @Test(arguments: [
        ("/", "root"), ("/orders", "list"), ("/orders/", "list"), ("/orders?x=1", "list"), ("/orders/cart", "cart"),
        ("/orders/W-1", "order W-1"), ("/orders/a%2Fb/", "order a/b"), ("/orders/cart/items", "items"),
        ("/%6Frders", "list"),
    ])
    func pathsFindTheirRoute(target: String, text: String) async throws {
        #expect(try await answer(.get, target) == (200, text))
    }

    @Test func literalsThatLeadNowhereFallBackToVariables() async throws {
        #expect(try await answer(.delete, "/orders/cart/lines/7") == (200, "/orders/{number}/lines/{line} cart 7"))
    }

    @Test(arguments: ["/nope", "/orders/1/2", "/orders//", "//", "/orders/1/lines/"])
    func unknownPathsAre404(target: String) async throws {
        #expect(try await answer(.get, target).status == 404)
    }

    @Test func wrongMethodsAre405WithAllow() async throws {
        let response = try await responder().respond(to: Request(method: .put, target: "/orders"))
        #expect(response.status == 405)
        #expect(response.headers["Allow"] == "GET, HEAD, POST")
    }

    @Test func headIsAnsweredByGet() async throws {
        #expect(try await answer(.head, "/orders") == (200, "list"))
        let response = try await responder().respond(to: Request(method: .head, target: "/orders/1/lines/2"))
        #expect(response.headers["Allow"] == "DELETE")
    }

    @Test func middlewareStandsAroundInOrderAndSeesTheRoute() async throws {
        struct Mark: Middleware {
            let name: String
            func respond(to request: Request, next: Handler) async throws -> Response {
                var response = try await next(request)
                response.headers.append("Via", "\(name) \(request.route ?? "none")")
                return response
            }
        }
        var router = Router()
        router.get("/a/{b}", middleware: [Mark(name: "route")]) { _ in .noContent }
        let responder = Responder(
            router: router,
            middleware: [Mark(name: "outer"), Mark(name: "inner"), ProblemRenderer()]
        )
        let found = try await responder.respond(to: Request(method: .get, target: "/a/1"))
        #expect(found.headers.all("Via") == ["route /a/{b}", "inner /a/{b}", "outer /a/{b}"])
        let missing = try await responder.respond(to: Request(method: .get, target: "/"))
        #expect(missing.status == 404)
        #expect(missing.headers.all("Via") == ["inner none", "outer none"])
    }

    @Test func answersWithoutBodyLoseIt() async throws {
        var router = Router()
        router.get("/") { _ in Response(status: 204, body: .bytes([1, 2, 3])) }
        let response = try await Responder(router: router).respond(to: Request(method: .get, target: "/"))
        #expect(try response.bytes.isEmpty)
    }

    @Test func headDoesNotRunStreams() async throws {
        let response = try await responder().respond(to: Request(method: .head, target: "/stream"))
        #expect(try response.bytes.isEmpty)
    }
}
