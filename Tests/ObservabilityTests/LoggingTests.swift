import Foundation
import Testing
import Threading

@testable import Observability

@Suite(.serialized) struct LoggingTests {
    private final class Lines: Sendable {
        /// True in the task of a test of this suite: what others log meanwhile is not its lines.
        @TaskLocal private static var isOurs = false
        private let bytes = Lock<[UInt8]>([])

        /// The loggers of `body` write here until it is over; only this suite touches the log system.
        func whileBootstrapped(
            level: LogLevel = .debug,
            format: LogFormat = .json,
            isTerminal: Bool = false,
            _ body: () async throws -> Void
        ) async rethrows {
            let sink = LogSink(isTerminal: isTerminal) { [bytes] line in
                if Self.isOurs { bytes.withLock { $0 += line } }
            }
            LogSystem.bootstrap(service: "test", level: level, format: format, sink: sink)
            defer { LogSystem.bootstrap(level: .notice, sink: .standardError) }
            try await Self.$isOurs.withValue(true) { try await body() }
        }

        var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }

        /// The lines parsed by Foundation, every value as text.
        var objects: [[String: String]] {
            get throws {
                try text.split(separator: "\n").map { line in
                    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
                    return object.mapValues { "\($0)" }
                }
            }
        }
    }

    @Test func aJSONLineHoldsEverything() async throws {
        let lines = Lines()
        await lines.whileBootstrapped {
            Logger(label: "part").with([.queue: "order.process"]).info(
                "Hello",
                [.count: 3, .seconds: 0.5, .reason: "a \"b\"\n\u{1}\u{7F}\\ä", "flag": true]
            )
        }
        let text = lines.text
        #expect(text.hasPrefix(#"{"ts":""#))
        #expect(
            text.hasSuffix(
                #"Z","level":"info","service":"test","logger":"part","msg":"Hello","count":3,"flag":true,"#
                    + #""queue":"order.process","reason":"a \"b\"\n\u0001\u007f\\ä","seconds":0.5}"# + "\n"
            )
        )
        #expect(try lines.objects.first?["reason"] == "a \"b\"\n\u{1}\u{7F}\\ä")
    }

    @Test func contextTraceLoggerAndCallAreMergedInThisOrder() async throws {
        let lines = Lines()
        let trace = TraceContext.new()
        await lines.whileBootstrapped {
            await TraceContext.$current.withValue(trace) {
                await LogContext.with([.requestID: "r1", .queue: "context", .name: "context", .attempt: "context"]) {
                    await LogContext.with([.jobID: "j1"]) {
                        Logger(label: "x").with([.queue: "logger", .name: "logger"]).notice("S", [.queue: "call"])
                    }
                }
            }
        }
        let object = try #require(try lines.objects.first)
        let expected = [
            "request_id": "r1", "job_id": "j1", "queue": "call", "name": "logger", "attempt": "context",
            "trace_id": trace.traceID, "span_id": trace.spanID,
        ]
        for (key, value) in expected { #expect(object[key] == value) }
    }

    @Test func lowerLevelsAreNotEvenBuilt() async throws {
        let lines = Lines()
        let built = Lock(0)
        func field() -> LogValue {
            built.withLock { $0 += 1 }
            return "x"
        }
        await lines.whileBootstrapped(level: .warning) {
            let logger = Logger(label: "x")
            logger.debug("No", [.name: field()])
            logger.info("No", [.name: field()])
            logger.notice("No", [.name: field()])
            logger.warning("Yes", [.name: field()])
            logger.error("Yes", [.name: field()])
        }
        #expect(built.withLock { $0 } == 2)
        #expect(try lines.objects.map { $0["level"] } == ["warning", "error"])
    }

    @Test func textIsReadableAndSafeForATerminal() async throws {
        let lines = Lines()
        await lines.whileBootstrapped(format: .text) {
            Logger(label: "part").warning("Hello there", [.name: "plain", .reason: "two \u{1B}[31m words", .error: ""])
        }
        let expected = "WARNING part  Hello there  error=\"\" name=plain reason=\"two \\u001b[31m words\"\n"
        #expect(lines.text.dropFirst(13) == expected)
    }

    @Test func peopleGetTextAndProgramsGetJSON() async throws {
        let (screen, file) = (Lines(), Lines())
        await screen.whileBootstrapped(format: .auto, isTerminal: true) { Logger(label: "part").notice("Hello") }
        await file.whileBootstrapped(format: .auto) { Logger(label: "part").notice("Hello") }
        #expect(screen.text.hasSuffix("\u{1B}[32mNOTICE\u{1B}[0m  part  Hello\n"))
        #expect(try file.objects.map { $0["msg"] } == ["Hello"])
    }

    @Test func numbersThatJSONLacksBecomeStrings() async throws {
        let lines = Lines()
        await lines.whileBootstrapped {
            Logger(label: "x").error("N", [.seconds: .double(.nan), .bytes: .double(.infinity)])
        }
        #expect(try lines.objects.first?["seconds"] == "nan")
    }

    @Test func theLinesOwnNamesCannotBeTaken() {
        #expect(LogKey("level").name == "level_")
        #expect(LogKey("msg").name == "msg_")
        #expect(LogKey("queue").name == "queue")
    }

    @Test func manyThreadsWriteWholeLines() async throws {
        let pipe = Pipe()
        let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        // The writers may hold every thread of the cooperative pool while the pipe is full.
        let (chunks, chunk) = AsyncStream.makeStream(of: Data.self)
        Thread.detachNewThread {
            chunk.yield(pipe.fileHandleForReading.readDataToEndOfFile())
            chunk.finish()
        }
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    let line = Array((String(repeating: "\(writer)", count: 5_000) + "\n").utf8)
                    for _ in 0..<50 { sink.write(line) }
                }
            }
        }
        try pipe.fileHandleForWriting.close()
        let text = await chunks.reduce(into: Data()) { $0 += $1 }
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 200)
        #expect(lines.allSatisfy { $0.count == 5_000 && Set($0).count == 1 })
    }

    @Test(arguments: [
        (0, 0, "1970-01-01T00:00:00.000Z"), (1_735_689_599, 7_999_999, "2024-12-31T23:59:59.007Z"),
        (951_782_400, 999_000_000, "2000-02-29T00:00:00.999Z"),
    ])
    func timesAreRFC3339(_ seconds: Int, _ nanoseconds: Int, _ text: String) {
        #expect(timespec(tv_sec: seconds, tv_nsec: nanoseconds).rfc3339 == text)
    }

    @Test func durationsAreSeconds() {
        #expect(LogValue.seconds(.milliseconds(1_500)) == .double(1.5))
        #expect(LogValue.seconds(.microseconds(3)) == .double(0.000003))
    }
}
