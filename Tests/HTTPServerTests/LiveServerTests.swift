import Foundation
import HTTPServer
import Observability
import Testing

@Suite(.timeLimit(.minutes(2))) struct LiveServerTests {
    @Test func answersCarryTheirHeaders() async throws {
        try await withServer { server in
            let response = try await server.client().get("/hello", headers: "X-Request-Id: abc-1\r\n")
            #expect(response.status == 200)
            #expect(response.text == "hello")
            #expect(response["X-Request-Id"] == "abc-1")
            #expect(response["Date"]?.hasSuffix(" GMT") == true)
            #expect(response["Server"] == nil)
            #expect(response["Content-Length"] == "5")
        }
    }

    @Test func requestsReachTheHandlerWhole() async throws {
        try await withServer { router in
            router.put("/echo/{name}") { request in
                let name = request.parameters["name"] ?? ""
                let query = request.query.first("q") ?? ""
                let header = request.headers["x-thing"] ?? ""
                let body = String(decoding: request.body, as: UTF8.self)
                return .text("\(name)|\(query)|\(header)|\(body)|\(request.remoteAddress)")
            }
        } _: { server in
            let client = try server.client()
            await client.send(
                "PUT /echo/a%20b/?q=c+d HTTP/1.1\r\nHost: x\r\nX-Thing:  spaced \r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nTrailer: x\r\n\r\n"
            )
            let text = try await client.response().text
            #expect(text == "a b|c d|spaced|abcde|127.0.0.1")
        }
    }

    @Test func connectionsAreKeptAlive() async throws {
        try await withServer { server in
            let client = try server.client()
            for _ in 0..<50 { #expect(try await client.get("/hello").text == "hello") }
            #expect(try await client.get("/nope").status == 404)
            #expect(try await client.post("/length", json: "12345").text == "5")
            #expect(try await client.get("/hello", headers: "Connection: close\r\n").text == "hello")
            #expect(try await client.rest().isEmpty)
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        try await withServer { server in
            let client = try server.client()
            let requests = (0..<200).map { index in
                index.isMultiple(of: 2)
                    ? "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"
                    : "POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: \(index)\r\n\r\n"
                        + String(repeating: "z", count: index)
            }
            await client.send(requests.joined())
            for index in 0..<200 {
                let expected = index.isMultiple(of: 2) ? "hello" : "\(index)"
                #expect(try await client.response().text == expected)
            }
        }
    }

    @Test func headHasHeadersOnly() async throws {
        try await withServer { router in
            router.get("/events") { _ in Response(body: .stream { _ in Issue.record("nobody reads") }) }
        } _: { server in
            let client = try server.client()
            await client.send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\nHEAD /events HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await client.response(toHead: true)["Content-Length"] == "5")
            #expect(try await client.response(toHead: true).status == 200)
            let next = try await client.get("/hello")
            #expect(next.text == "hello")
        }
    }

    @Test func unknownPathsAndMethodsAreProblems() async throws {
        try await withServer { server in
            let client = try server.client()
            let missing = try await client.get("/nope/", headers: "X-Request-Id: r\r\n")
            #expect(missing.status == 404)
            #expect(missing["Content-Type"] == "application/problem+json")
            #expect(missing.json["request_id"] as? String == "r")
            #expect(missing.json["instance"] as? String == "/nope/")
            let wrong = try await client.post("/hello/", json: "{}")
            #expect(wrong.status == 405)
            #expect(wrong["Allow"] == "GET, HEAD")
            #expect(try await client.get("/hello/").text == "hello")
        }
    }

    @Test func handlersRunInTheRequestsContext() async throws {
        try await withServer { router in
            router.get("/context") { request in
                let id = LogContext.current[.requestID]
                return .text("\(id == .string(request.requestID)) \(TraceContext.current?.traceID ?? "-")")
            }
        } _: { server in
            let trace = "0af7651916cd43dd8448eb211c80319c"
            let response = try await server.client()
                .get("/context", headers: "traceparent: 00-\(trace)-b7ad6b7169203331-01\r\n")
            #expect(response.text == "true \(trace)")
        }
    }

    @Test func headerInjectionIsRefused() async throws {
        try await withServer { router in
            router.get("/inject") { request in
                Response(headers: ["Location": request.query.first("to") ?? ""], body: .bytes(Array("x".utf8)))
            }
        } _: { server in
            let client = try server.client()
            #expect(try await client.get("/inject?to=/a").status == 200)
            let response = try await client.get("/inject?to=/a%0D%0ASet-Cookie:%20a=b")
            #expect(response.status == 500)
            #expect(response["Set-Cookie"] == nil)
            #expect(response["Location"] == nil)
        }
    }

    @Test func framingHeadersOfHandlersAreIgnored() async throws {
        try await withServer { router in
            router.get("/lie") { _ in
                Response(
                    headers: ["Content-Length": "999", "Transfer-Encoding": "chunked", "Connection": "close"],
                    body: .bytes(Array("short".utf8))
                )
            }
        } _: { server in
            let client = try server.client()
            let response = try await client.get("/lie")
            #expect(response.headers.filter { $0.name == "Content-Length" }.map(\.value) == ["5"])
            #expect(response["Transfer-Encoding"] == nil)
            #expect(try await client.get("/hello").text == "hello")
        }
    }

    @Test func errorsOutsideTheRendererAreProblemsToo() async throws {
        struct Thrower: Middleware {
            func respond(to request: Request, next: Handler) async throws -> Response {
                throw Problem.forbidden("Not you.")
            }
        }
        try await withServer(middleware: [Thrower()]) { server in
            let response = try await server.client().get("/hello")
            #expect(response.status == 403)
            #expect(response.json["detail"] as? String == "Not you.")
        }
    }

    @Test func requestsAreCounted() async throws {
        let registry = MetricsRegistry()
        try await withServer(middleware: [HTTPMetrics(registry: registry), ProblemRenderer()]) { router in
            router.get("/orders/{number}") { _ in .text("x") }
        } _: { server in
            let client = try server.client()
            _ = try await client.get("/orders/1")
            _ = try await client.get("/orders/2")
            _ = try await client.get("/secret-\(UUID())")
            await client.send("FROB /hello HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try await client.response()
            await client.send("POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n")
            _ = try await client.response()
        }
        let text = registry.render()
        #expect(text.contains(#"http_requests_total{method="GET",route="/orders/{number}",status="200"} 2"#))
        #expect(text.contains(#"http_requests_total{method="GET",route="none",status="404"} 1"#))
        #expect(text.contains(#"http_requests_total{method="other",route="none",status="405"} 1"#))
        #expect(text.contains(#"http_requests_total{method="POST",route="none",status="400"} 1"#))
        #expect(text.contains(#"http_request_duration_seconds_count{route="/orders/{number}"} 2"#))
        #expect(text.contains("http_requests_in_flight 0"))
        #expect(!text.contains("secret"))
    }

    @Test func aTakenPortIsAnError() async throws {
        try await withServer { server in
            let second = HTTPServer(configuration: .init(port: server.port), router: Router())
            let ready = Task { try await second.waitUntilReady() }
            await #expect(throws: HTTPServerError.self) { try await second.run() }
            await #expect(throws: HTTPServerError.self) { try await ready.value }
        }
    }
}
