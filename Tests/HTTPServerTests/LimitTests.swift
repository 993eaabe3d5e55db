import HTTPServer
import Testing

@Suite(.timeLimit(.minutes(2))) struct LimitTests {
    private let small = HTTPServer.Configuration(maximumBody: 1000, headerLimit: 8 * 1024)
    private let hasty = HTTPServer.Configuration(idleTimeout: .milliseconds(300), requestDeadline: .milliseconds(300))

    private func isTooLarge(_ response: RawClient.Response) -> Bool {
        response.status == 413 && response["Content-Type"] == "application/problem+json"
            && response["X-Request-Id"] != nil
    }

    @Test func bodiesUpToTheLimitPass() async throws {
        try await withServer(small) { server in
            let client = try server.client()
            #expect(try await client.post("/length", json: String(repeating: "z", count: 1000)).text == "1000")
        }
    }

    @Test func aLittleTooMuchIsReadAndRefused() async throws {
        try await withServer(small) { server in
            let client = try server.client()
            let body = String(repeating: "z", count: 1001)
            #expect(isTooLarge(try await client.post("/length", json: body)))
            // It was read to its end, so the connection is good for more.
            #expect(try await client.get("/hello").text == "hello")
            await client.send(
                "POST /length HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n\(body)\r\n0\r\n\r\n"
            )
            #expect(isTooLarge(try await client.response()))
        }
    }

    @Test(arguments: [
        "Content-Length: 1001\r\nExpect: 100-continue\r\n"
    ])
    func announcedBodiesAreRefusedUnread(headers: String) async throws {
        try await withServer(small) { server in
            let client = try server.client()
            await client.send("POST /length HTTP/1.1\r\nHost: x\r\n\(headers)\r\n")
            #expect(isTooLarge(try await client.response()))
            #expect(try await client.rest().isEmpty)
        }
    }

    @Test func endlessBodiesAreCut() async throws {
        try await withServer(small) { server in
            let client = try server.client()
            await client.send("POST /length HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            await client.send(String(repeating: "3e8\r\n\(String(repeating: "y", count: 1000))\r\n", count: 1000))
            _ = try await client.rest()
            #expect(try await server.client().get("/hello").text == "hello")
        }
    }

    @Test func expectedBodiesGetTheirContinue() async throws {
        try await withServer { server in
            let client = try server.client()
            await client.send("POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
            #expect(try await client.head().first == "HTTP/1.1 100 Continue")
            await client.send("abc")
            #expect(try await client.response().text == "3")
        }
    }

    @Test(arguments: [
        "X: \(String(repeating: "a", count: 9000))\r\n",
        String(repeating: "X: \(String(repeating: "b", count: 90))\r\n", count: 90),
    ])
    func largeHeadersAre431(headers: String) async throws {
        try await withServer(small) { server in
            let client = try server.client()
            let response = try await client.get("/hello", headers: headers)
            #expect(response.status == 431)
            #expect(response["Content-Type"] == "application/problem+json")
            #expect(response["X-Request-Id"] != nil)
            #expect(try await client.rest().isEmpty)
        }
    }

    @Test(arguments: [
        "GET /hello HTTP/1.1\r\nHo", "POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc",
        "POST /length HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ])
    func halfSentRequestsAre408(request: String) async throws {
        try await withServer(hasty) { server in
            let client = try server.client()
            await client.send(request)
            let response = try await client.response()
            #expect(response.status == 408)
            #expect(response["Content-Type"] == "application/problem+json")
            #expect(response["Date"]?.hasSuffix(" GMT") == true)
            #expect(response["X-Request-Id"] != nil)
            #expect(response.json["status"] as? Int == 408)
            #expect(try await client.rest().isEmpty)
        }
    }

    /// Each byte restarts the library's own timeout, so only the sweeper ends this.
    @Test func drippingRequestsAre408() async throws {
        try await withServer(hasty) { server in
            let client = try server.client()
            await client.send("GET /hello HTTP/1.1\r\nX: ")
            let drip = Task {
                while !Task.isCancelled {
                    await client.send("a")
                    await Task.yield()
                }
            }
            #expect(try await client.head().first == "HTTP/1.1 408 Request Timeout")
            drip.cancel()
            await drip.value
        }
    }

    @Test func silentAndIdleConnectionsAreClosed() async throws {
        try await withServer(hasty) { server in
            let silent = try server.client()
            let idle = try server.client()
            _ = try await idle.get("/hello")
            #expect(try await silent.rest().isEmpty)
            #expect(try await idle.rest().isEmpty)
        }
    }

    @Test func slowHandlersAreNotSlowClients() async throws {
        let signal = Signal()
        try await withServer(hasty) { router in
            router.get("/slow") { _ in
                await signal.wait()
                return .text("done")
            }
        } _: { server in
            let slow = try server.client()
            await slow.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
            // Sent later, so when the sweeper has closed this one it has also seen the other.
            #expect(try await server.client().rest().isEmpty)
            signal.send()
            #expect(try await slow.response().text == "done")
        }
    }

    @Test func clientsBeyondTheConnectionLimitWait() async throws {
        try await withServer(.init(threads: 1, connectionLimit: 2)) { server in
            let first = try server.client()
            let second = try server.client()
            _ = try await first.get("/hello")
            _ = try await second.get("/hello")
            let third = try server.client()
            async let answer = third.get("/hello")
            #expect(try await first.get("/hello").text == "hello")
            first.close()
            #expect(try await answer.text == "hello")
        }
    }
}
