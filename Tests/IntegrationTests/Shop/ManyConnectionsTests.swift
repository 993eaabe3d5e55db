import Foundation
import HTTPClient
import TestSupport
import Testing

/// Many clients that say nothing beside a few that do.
@Suite struct ManyConnectionsTests {
    /// Opens connections that ask once each, prints the port on which it waits to be called, and when it is, has each of them
    /// ask again and prints how many were answered both times.
    private static let holder = #"""
        import asyncio, resource

        async def ask(reader, writer):
            try:
                writer.write(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
                lines = head.lower().splitlines()
                length = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length"))
                await asyncio.wait_for(reader.readexactly(length), 60)
                return lines[0] == b"http/1.1 200 ok"
            except (OSError, EOFError, asyncio.TimeoutError):
                return False

        async def main(port, count):
            hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            held, first = [], []
            while len(held) < count:
                some = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(100)))
                first += await asyncio.gather(*(ask(*each) for each in some))
                held += some
            called = asyncio.Event()
            server = await asyncio.start_server(lambda reader, writer: called.set(), "127.0.0.1", 0)
            print(server.sockets[0].getsockname()[1])
            await called.wait()
            second = []
            for start in range(0, count, 100):
                second += await asyncio.gather(*(ask(*each) for each in held[start:start + 100]))
            print(sum(a and b for a, b in zip(first, second)))
            await asyncio.Event().wait()

        asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
        """#

    @Test func connectionsAreHeldWhileOthersAreServed() async throws {
        let count = TestEnvironment.isFull ? 10_000 : 2_000
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 10_000)
            let api = try await shop.start(.api)
            let token = try await shop.customer()
            let holder = try PythonServer(Self.holder, arguments: [String(shop.apiPortNumber), String(count)])
            let statuses = try await withThrowingTaskGroup(of: [Int].self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        var statuses: [Int] = []
                        for _ in 0..<4 {
                            statuses.append(try await shop.call("GET", "/api/catalog/products").status)
                            statuses.append(try await shop.order([(variant.id, 1)], token: token).status)
                        }
                        return statuses
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(statuses.count(where: { $0 == 200 }) == 200)
            #expect(statuses.count(where: { $0 == 201 }) == 200)
            async let answered = holder.nextLine()
            _ = try? await shop.client.send(
                .init(url: "http://127.0.0.1:\(holder.port)/", timeout: .milliseconds(100))
            )
            #expect(await answered == String(count))
            try await api.process.stop()
        }
    }
}
