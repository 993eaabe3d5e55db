import HTTPServer
import Testing

@Suite(.timeLimit(.minutes(2))) struct StreamTests {
    @Test func eventsArriveOneByOne() async throws {
        let next = Signal()
        try await withServer { router in
            router.get("/events") { _ in
                Response(
                    headers: ["Content-Type": "text/event-stream"],
                    body: .stream { writer in
                        try await writer.write("data: 1\n\n")
                        await next.wait()
                        try await writer.write("data: 2\n\n")
                    }
                )
            }
        } _: { server in
            let client = try server.client()
            await client.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await client.head().contains("Content-Type: text/event-stream"))
            #expect(try await client.chunk() == "data: 1\n\n")
            next.send()
            #expect(try await client.chunk() == "data: 2\n\n")
            #expect(try await client.chunk() == "")
            #expect(try await client.get("/hello").text == "hello")
        }
    }

    @Test func aFailedStreamIsCut() async throws {
        struct Broken: Error {}
        try await withServer { router in
            router.get("/broken") { _ in
                Response(
                    body: .stream { writer in
                        try await writer.write("part")
                        throw Broken()
                    }
                )
            }
        } _: { server in
            let client = try server.client()
            await client.send("GET /broken HTTP/1.1\r\nHost: x\r\n\r\n")
            // No last chunk: the client can tell that something is missing.
            #expect(try await !client.rest().hasSuffix("0\r\n\r\n"))
        }
    }

    @Test func aQuietStreamIsCancelledWhenTheClientLeaves() async throws {
        let started = Signal()
        let ended = Signal()
        try await withServer { router in
            router.get("/quiet") { _ in
                Response(
                    body: .stream { writer in
                        defer { ended.send() }
                        started.send()
                        try await Task.sleep(for: .seconds(3600))
                    }
                )
            }
        } _: { server in
            let client = try server.client()
            await client.send("GET /quiet HTTP/1.1\r\nHost: x\r\n\r\n")
            await started.wait()
            client.close()
            await ended.wait()
        }
    }

    /// A client that does not read stops the writer within the buffers, and its leaving ends it.
    @Test func writersWaitForSlowClients() async throws {
        let block = [UInt8](repeating: 65, count: 64 * 1024)
        let ended = Signal()
        let total = 64 * 1024 * 1024
        try await withServer { router in
            router.get("/flood") { _ in
                Response(
                    body: .stream { writer in
                        for _ in 0..<(total / block.count) { try await writer.write(block) }
                    }
                )
            }
            router.get("/endless") { _ in
                Response(
                    body: .stream { writer in
                        defer { ended.send() }
                        while true { try await writer.write(block) }
                    }
                )
            }
        } _: { server in
            let reader = try server.client()
            #expect(try await reader.get("/flood").body.count == total)
            let lazy = try server.client(receiveBuffer: 4096)
            await lazy.send("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try await lazy.head()
            lazy.close()
            await ended.wait()
        }
    }

    @Test func manyStreamsRunAtOnce() async throws {
        let go = Signal()
        try await withServer { router in
            router.get("/events") { _ in
                Response(
                    body: .stream { writer in
                        try await writer.write("ready")
                        await go.wait()
                        for _ in 0..<20 { try await writer.write("x") }
                    }
                )
            }
        } _: { server in
            let clients = try (0..<100).map { _ in try server.client() }
            for client in clients {
                await client.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
                _ = try await client.head()
                #expect(try await client.chunk() == "ready")
            }
            go.send()
            for client in clients {
                var text = ""
                while true {
                    let chunk = try await client.chunk()
                    if chunk.isEmpty { break }
                    text += chunk
                }
                #expect(text.count == 20)
            }
        }
    }
}
