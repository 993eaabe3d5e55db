import Foundation
import HTTPClient
import Testing

/// A real program, the outbox relay, with settings good and bad, and with nothing behind them.
@Suite(.timeLimit(.minutes(1))) struct ProgramTests {
    private static let good = [
        "WORKER_DATABASE_URL": "postgres://wharf_worker:hunter2@127.0.0.1:1/wharf",
        "AMQP_URL": "amqp://wharf:hunter2@127.0.0.1:1/%2F",
        "LOG_FORMAT": "json",
    ]

    private final class Program: Sendable {
        private let process = Process()
        private let output = Pipe()
        private let errors = Pipe()
        private let ended: AsyncStream<Int32>

        init(_ environment: [String: String]) throws {
            let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            process.executableURL = folder.appendingPathComponent("outbox-relay")
            process.environment = environment
            process.standardOutput = output
            process.standardError = errors
            let (ended, end) = AsyncStream.makeStream(of: Int32.self)
            self.ended = ended
            process.terminationHandler = {
                end.yield($0.terminationReason == .exit ? $0.terminationStatus : -$0.terminationStatus)
            }
            try process.run()
        }

        func terminate() { process.terminate() }

        /// Its exit status, or its signal's number as a negative one; and what it wrote.
        func end() async -> (status: Int32, output: String, errors: String) {
            let status = await ended.first { _ in true } ?? .min
            return (status, text(of: output), text(of: errors))
        }

        private func text(of pipe: Pipe) -> String {
            String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        }
    }

    @Test(arguments: [
        (["WORKER_DATABASE_URL": ""], "DATABASE_URL is not set. "),
        (["WORKER_DATABASE_URL": "mysql://db/wharf"], "The value of WORKER_DATABASE_URL is wrong: it does not begin "),
        (["AMQP_URL": ""], "AMQP_URL is not set. Set it to the RabbitMQ virtual host, for example AMQP_URL=amqp://"),
        (["AMQP_URL": "amqp://wharf:hunter2@host/%2F?heartbeat=x"], "The value of AMQP_URL is wrong: heartbeat"),
        (["METRICS_PORT": "70000"], "The value '70000' of METRICS_PORT is wrong: "),
        (["SHUTDOWN_GRACE_SECONDS": "-1"], "The value '-1' of SHUTDOWN_GRACE_SECONDS is wrong: "),
        (["LOG_LEVEL": "loud"], "The value 'loud' of LOG_LEVEL is wrong: it is none of debug, info, "),
        (["DATABASE_POOL_SIZE": "0"], "The value '0' of DATABASE_POOL_SIZE is wrong: "),
    ])
    func aBadSettingStopsItWithOneLine(_ change: [String: String], _ beginning: String) async throws {
        let program = try Program(Self.good.merging(change) { _, new in new })
        let end = await program.end()
        #expect(end.status == 78)
        #expect(end.output == "")
        #expect(end.errors.hasPrefix("outbox-relay: \(beginning)"))
        #expect(end.errors.hasSuffix("\n"))
        #expect(end.errors.count { $0 == "\n" } == 1)
        #expect(!end.errors.contains("hunter2"))
    }

    private struct Report: Decodable, Equatable {
        let status: String
        let checks: [String: String]
    }

    @Test func itLivesWithoutItsServicesAndStopsCleanly() async throws {
        let port = try freePort()
        let program = try Program(Self.good.merging(["METRICS_PORT": "\(port)"]) { _, new in new })
        let client = HTTPClient()
        defer { client.shutdown() }
        func get(_ path: String) async throws -> HTTPResponse {
            try await client.send(HTTPRequest(method: "GET", url: "http://127.0.0.1:\(port)\(path)"))
        }
        var live: HTTPResponse?
        while live == nil {
            live = try? await get("/health/live")
            await Task.yield()
        }
        #expect(live?.status == 200)
        let ready = try await get("/health/ready/")
        #expect(ready.status == 503)
        let report = try JSONDecoder().decode(Report.self, from: Data(ready.body))
        #expect(report == Report(status: "unavailable", checks: ["broker": "down", "database": "down"]))
        let metrics = try await get("/metrics")
        #expect(metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        let text = String(decoding: metrics.body, as: UTF8.self)
        #expect(
            text.contains("wharf_build_info{configuration=\"debug\",program=\"outbox-relay\",version=\"0.1.0\"} 1\n")
        )
        #expect(text.contains("\nprocess_resident_memory_bytes "))
        #expect(text.contains("\ndatabase_pool_connections{node=\"primary\"} 0\n"))

        program.terminate()
        let end = await program.end()
        #expect(end.status == 0)
        #expect(!(end.output + end.errors).contains("hunter2"))
        for line in end.output.split(separator: "\n") {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(object?["service"] as? String == "outbox-relay")
        }
        #expect(end.output.contains(#""msg":"Services stopped""#))
    }

    @Test func aTakenPortEndsItWithAReason() async throws {
        let taken = try listener()
        defer { close(taken.descriptor) }
        let program = try Program(Self.good.merging(["METRICS_PORT": "\(taken.port)"]) { _, new in new })
        let end = await program.end()
        #expect(end.status == 1)
        #expect(end.output.contains(#""msg":"Program failed""#))
        #expect(end.output.contains("\(taken.port)"))
    }

    private func freePort() throws -> Int {
        let listener = try listener()
        close(listener.descriptor)
        return listener.port
    }

    private func listener() throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> Int32 in
                bind(descriptor, address, length) | listen(descriptor, 1) | getsockname(descriptor, address, &length)
            }
        }
        try #require(result == 0)
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }
}
