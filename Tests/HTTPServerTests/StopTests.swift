import HTTPServer
import Testing

@Suite(.timeLimit(.minutes(2))) struct StopTests {
    @Test func requestsInFlightAreAnswered() async throws {
        let started = Signal()
        let finish = Signal()
        try await withServer { router in
            router.get("/slow") { _ in
                started.send()
                // Not `wait()`: a cancelled handler would end early, and this one must not be cancelled.
                await Task { await finish.wait() }.value
                return .text("done \(Task.isCancelled)")
            }
        } _: { server in
            let idle = try server.client()
            _ = try await idle.get("/hello")
            let client = try server.client()
            await client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
            await started.wait()
            server.beginStop()
            // Idle connections close at once, which also says that the stop has begun.
            #expect(try await idle.rest().isEmpty)
            #expect(throws: RawClient.Failure.self) { _ = try server.client() }
            finish.send()
            let response = try await client.response()
            #expect(response.text == "done false")
            #expect(response["Connection"]?.lowercased() == "close")
            #expect(try await client.rest().isEmpty)
            await server.stop()
        }
    }

    /// Again and again, since what it looks for is a race between the library's threads and the stop.
    @Test func stoppingWhileClientsKeepComingHarmsNobody() async throws {
        for _ in 1...50 {
            try await withServer { server in
                let isServed = Signal()
                try await withThrowingTaskGroup { group in
                    for _ in 1...4 {
                        group.addTask {
                            // A connection for each request, until none is accepted any more.
                            while let client = try? server.client() {
                                guard let response = try? await client.get("/hello") else { continue }
                                #expect(response.status == 200)
                                isServed.send()
                            }
                        }
                    }
                    await isServed.wait()
                    await server.stop()
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test func streamsAreToldAtOnce() async throws {
        let ended = Signal()
        try await withServer(.init(drainTimeout: .seconds(3600))) { router in
            router.get("/events") { _ in
                Response(
                    body: .stream { writer in
                        defer { ended.send() }
                        try await writer.write("hello")
                        try await Task.sleep(for: .seconds(3600))
                    }
                )
            }
        } _: { server in
            let client = try server.client()
            await client.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try await client.head()
            #expect(try await client.chunk() == "hello")
            server.beginStop()
            await ended.wait()
            _ = try await client.rest()
            await server.stop()
        }
    }

    @Test func handlersAreCancelledAfterTheDrainTimeout() async throws {
        let started = Signal()
        try await withServer(.init(drainTimeout: .milliseconds(50))) { router in
            router.get("/slow") { _ in
                started.send()
                try await Task.sleep(for: .seconds(3600))
                return .noContent
            }
        } _: { server in
            let client = try server.client()
            await client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
            await started.wait()
            server.beginStop()
            let response = try await client.response()
            #expect(response.status == 503)
            #expect(response["Retry-After"] == "1")
            await server.stop()
        }
    }

    /// The connection of a handler that does not listen to its cancellation is answered for it.
    @Test func stubbornHandlersDoNotHoldTheServer() async throws {
        let started = Signal()
        let release = Signal()
        let returned = Signal()
        try await withServer(.init(drainTimeout: .milliseconds(50))) { router in
            router.get("/stubborn") { _ in
                started.send()
                await Task { await release.wait() }.value
                returned.send()
                return Response(body: .stream { writer in try await writer.write("too late") })
            }
        } _: { server in
            let client = try server.client()
            await client.send("GET /stubborn HTTP/1.1\r\nHost: x\r\n\r\n")
            await started.wait()
            await server.stop()
            #expect(try await client.response().status == 503)
            release.send()
            await returned.wait()
        }
    }

    @Test func halfSentRequestsDoNotHoldTheServer() async throws {
        try await withServer(.init(drainTimeout: .milliseconds(50))) { server in
            let clients = try (0..<20).map { _ in try server.client() }
            for client in clients {
                await client.send("POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab")
            }
            _ = try await server.client().get("/hello")
            await server.stop()
            for client in clients { _ = try await client.rest() }
        }
    }

    @Test func stoppingUnderLoadAnswersOrRefuses() async throws {
        try await withServer { server in
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        while let client = try? server.client() {
                            while let response = try? await client.get("/hello") { #expect(response.text == "hello") }
                        }
                    }
                }
                let warmUp = try? server.client()
                for _ in 0..<20 { _ = try? await warmUp?.get("/hello") }
                server.beginStop()
            }
            await server.stop()
        }
    }

    @Test func aClientThatLeavesCancelsItsHandler() async throws {
        let started = Signal()
        let cancelled = Signal()
        try await withServer { router in
            router.get("/slow") { request in
                started.send()
                do {
                    try await Task.sleep(for: .seconds(3600))
                } catch {
                    #expect(request.isClientGone)
                    cancelled.send()
                }
                return .noContent
            }
        } _: { server in
            let client = try server.client()
            await client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
            await started.wait()
            client.close()
            await cancelled.wait()
            #expect(try await server.client().get("/hello").text == "hello")
        }
    }

    @Test func aStoppedServerSaysSo() async throws {
        let server = HTTPServer(configuration: .init(port: 0), router: Router())
        let run = Task { try await server.run() }
        try await server.waitUntilReady()
        #expect(server.port != nil)
        run.cancel()
        try await run.value
        #expect(server.port == nil)
        await #expect(throws: HTTPServerError.self) { try await server.waitUntilReady() }
    }
}
