import Foundation
import Lifecycle
import Observability
import TestSupport
import Testing
import Threading

@testable import Fleet

/// Real shells as children.
@Suite(.timeLimit(.minutes(2)), .serialized) struct SupervisorTests {
    /// A supervisor at work, what it said and what it printed.
    private final class Run: Sendable {
        let task: Task<Void, any Error>
        let events: AsyncStream<FleetEvent>
        private let bytes: Lock<[UInt8]>

        init(
            _ text: String,
            environment: [String: String] = [:],
            grace: Duration = .seconds(20),
            firstMetricsPort: Int = 9_900,
            isReady: (@Sendable (Int) async -> Bool)? = { _ in false }
        ) throws {
            let bytes = Lock<[UInt8]>([])
            let (events, event) = AsyncStream.makeStream(of: FleetEvent.self)
            let supervisor = Supervisor(
                Supervisor.Configuration(
                    procfile: try Procfile(parsing: text),
                    directory: FileManager.default.temporaryDirectory.path,
                    environment: ["PATH": "/usr/bin:/bin"].merging(environment) { _, new in new },
                    firstMetricsPort: firstMetricsPort,
                    gracePeriod: grace,
                    restartPolicy: RestartPolicy(backoff: Backoff(base: .milliseconds(1), cap: .milliseconds(4)))
                ),
                sink: LogSink { line in bytes.withLock { $0 += line } },
                isReady: isReady,
                onEvent: { event.yield($0) }
            )
            self.bytes = bytes
            self.events = events
            task = Task {
                defer { event.finish() }
                try await supervisor.run()
            }
        }

        var lines: [String] {
            String(decoding: bytes.withLock { $0 }, as: UTF8.self).split(separator: "\n").map(String.init)
        }

        /// Stops the fleet and answers the names in the order in which they stopped.
        func stop() async throws -> [String] {
            task.cancel()
            try await task.value
            var names: [String] = []
            for await case .stopped(let name, _) in events { names.append(name) }
            return names
        }

        func first(_ isWanted: @Sendable (FleetEvent) -> Bool) async -> FleetEvent? {
            await events.first(where: isWanted)
        }

        /// Waits until the processes have printed `count` lines that hold `text`.
        func waitForLines(with text: String, count: Int = 1) async {
            while lines.count(where: { $0.contains(text) }) < count { await Task.yield() }
        }
    }

    @Test func outputIsPrefixedAndEveryProcessHasItsPort() async throws {
        let run = try Run(
            """
            a: sh -c 'echo port $METRICS_PORT $SHOP; echo to stderr >&2; printf unfinished; exec sleep 1000'
            longer: sh -c 'echo port $METRICS_PORT; pwd; exec sleep 1000'
            """,
            environment: ["SHOP": "wharf"]
        )
        await run.waitForLines(with: "longer | /")
        await run.waitForLines(with: "| to stderr")
        #expect(try await run.stop() == ["longer", "a"])
        let lines = run.lines
        #expect(lines.contains("a      | port 9900 wharf"))
        #expect(lines.contains("a      | to stderr"))
        #expect(lines.contains("a      | unfinished"))
        #expect(lines.contains("longer | port 9901"))
        #expect(lines.contains("longer | \(FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path)"))
        #expect(lines.contains { $0.hasPrefix("fleet  | longer stopped, killed by SIGTERM") })
    }

    @Test func stoppingIsOrderedAndWaits() async throws {
        let trap = { (name: String) in
            #"sh -c 'trap "echo \#(name) ends; exit 0" TERM; echo up; while :; do sleep 0.01; done'"#
        }
        let run = try Run("relay: \(trap("relay"))\nworker: \(trap("worker"))\napi: \(trap("api"))\n")
        await run.waitForLines(with: "| up", count: 3)
        #expect(try await run.stop() == ["api", "worker", "relay"])
        let said = run.lines.compactMap { $0.split(separator: "| ").last }.filter {
            $0.hasSuffix("ends") || $0.hasPrefix("stopping")
        }
        #expect(
            said == ["stopping api", "api ends", "stopping worker", "worker ends", "stopping relay", "relay ends"]
        )
    }

    @Test func whatEndsIsRestartedAndTheReasonIsSaid() async throws {
        let run = try Run("crash: sh -c 'echo again; exit 3'\nkilled: sh -c 'kill -KILL $$'\n")
        var exits: [String: [ProcessExit]] = [:]
        for await case .restarting(let name, let exit, let delay) in run.events {
            exits[name, default: []].append(exit)
            #expect(delay <= .milliseconds(4))
            if exits.count == 2 && exits.values.allSatisfy({ $0.count >= 3 }) { break }
        }
        #expect(exits["crash"]?.allSatisfy { $0 == .status(3) } == true)
        #expect(exits["killed"]?.allSatisfy { $0 == .signal(SIGKILL) } == true)
        run.task.cancel()
        try await run.task.value
        #expect(run.lines.count(where: { $0.hasSuffix("| again") }) >= 3)
        #expect(run.lines.contains { $0.contains("killed ended with killed by SIGKILL; starting it again in") })
    }

    @Test(arguments: [
        ("/nonexistent/program", ProcessExit.status(127)), ("sh -c 'exit 78'", ProcessExit.status(78)),
        ("/etc/passwd", ProcessExit.status(126)),
    ])
    func aHopelessProcessStopsTheFleet(_ command: String, _ exit: ProcessExit) async throws {
        let run = try Run("good: sleep 1000\nbad: \(command)\n")
        let error = await #expect(throws: ServiceGroupError.self) { try await run.task.value }
        #expect(error?.description.hasPrefix("bad failed: bad ended with exit status") == true)
        var events: [FleetEvent] = []
        for await event in run.events { events.append(event) }
        #expect(events.contains(.gaveUp(name: "bad", exit: exit)))
        #expect(events.contains(.stopped(name: "good", exit: .signal(SIGTERM))))
    }

    @Test func whoIgnoresSIGTERMIsKilled() async throws {
        let run = try Run("deaf: sh -c 'trap \"\" TERM; echo up; while :; do sleep 0.01; done'\n", grace: .zero)
        await run.waitForLines(with: "| up")
        run.task.cancel()
        try await run.task.value
        #expect(await run.first { $0 == .stopped(name: "deaf", exit: .signal(SIGKILL)) } != nil)
    }

    @Test func whatAProcessLeavesBehindInItsGroupEndsWithIt() async throws {
        let run = try Run("parent: sh -c 'sleep 1000 & echo child $!; exec sleep 1000'\n")
        await run.waitForLines(with: "| child")
        let line = try #require(run.lines.first { $0.contains("| child") })
        let child = try #require(line.split(separator: " ").last.flatMap { pid_t($0) })
        _ = try await run.stop()
        // It has been killed by then, which takes its moment; its zombie may stay until init reaps it.
        try await eventually("the child has ended") { kill(child, 0) != 0 || Self.state(of: child) == "Z" }
    }

    @Test func readinessIsToldOncePerRoundOfStarts() async throws {
        let asked = Lock<[Int: Int]>([:])
        let run = try Run("a: sleep 1000\nb: sh -c 'read line < /dev/null; exec sleep 1000'\n") { port in
            // Each process is ready at the second question.
            asked.withLock {
                $0[port, default: 0] += 1
                return $0[port, default: 0] > 1
            }
        }
        var restarted = false
        var ready: [FleetEvent] = []
        for await event in run.events {
            switch event {
            case .ready: ready.append(event)
            case .started(name: "b", let processID, _) where !restarted && ready.isEmpty:
                #expect(processID > 0)
            case .allReady where !restarted:
                #expect(Set(ready.map(\.description)) == ["a is ready", "b is ready"])
                restarted = true
                let line = try #require(run.lines.first { $0.contains("b started, pid ") })
                let processID = try #require(
                    line.split(separator: ",")[1].split(separator: " ").last.flatMap { pid_t($0) }
                )
                kill(processID, SIGKILL)
            case .allReady:
                #expect(ready.count == 3)
                run.task.cancel()
            default: break
            }
        }
        try await run.task.value
    }

    @Test func theDefaultProbeAsksOverHTTP() async throws {
        let server = """
            from http.server import BaseHTTPRequestHandler, HTTPServer
            from os import environ
            class Handler(BaseHTTPRequestHandler):
                count = 0
                def do_GET(self):
                    Handler.count += 1
                    good = self.path == "/health/ready" and Handler.count > 2
                    self.send_response(200 if good else 503)
                    self.end_headers()
            HTTPServer(("127.0.0.1", int(environ["METRICS_PORT"])), Handler).serve_forever()
            """
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("fleet-probe-\(getpid()).py")
        try server.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let run = try Run("web: python3 -u \(file.path)\n", firstMetricsPort: 39_417, isReady: nil)
        #expect(await run.first { $0 == .allReady } == .allReady)
        _ = try await run.stop()
        #expect(run.lines.count(where: { $0.contains("GET /health/ready") && $0.contains(" 503 ") }) == 2)
    }

    @Test func processesDieWithAKilledSupervisor() async throws {
        let supervisor = Process()
        let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        supervisor.executableURL = folder.appendingPathComponent("runtime-fixture")
        supervisor.arguments = ["fleet", "only: sh -c 'echo up $$; exec sleep 1000'\n"]
        let output = Pipe()
        supervisor.standardOutput = output
        try supervisor.run()
        var text = ""
        while !text.contains(/up \d+\n/) {
            let data = output.fileHandleForReading.availableData
            try #require(!data.isEmpty)
            text += String(decoding: data, as: UTF8.self)
        }
        let processID = try #require(text.firstMatch(of: /up (\d+)\n/).flatMap { pid_t($0.1) })
        #expect(kill(processID, 0) == 0)
        kill(supervisor.processIdentifier, SIGKILL)
        // Until the time limit of the suite.
        while kill(processID, 0) == 0 && Self.state(of: processID) != "Z" { await Task.yield() }
    }

    private static func state(of process: pid_t) -> String? {
        let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        return text?.split(separator: ")").last?.split(separator: " ").first.map(String.init)
    }
}
