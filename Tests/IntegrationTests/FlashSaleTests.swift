import Fleet
import Foundation
import TestSupport
import Testing
import Topology

/// `wharf fleet` with real workers on a real broker, in a rush: Benchmarks/FlashSale, whose jobs wait for 200 ms.
@Suite struct FlashSaleTests {
    /// The tool, the worker and what they share.
    private struct Rig {
        let programs: String
        let environment: [String: String]
        let waits: URL
        private static let folder = FileManager.default.currentDirectoryPath + "/Benchmarks/FlashSale"

        init(_ broker: TestBroker, _ database: TestDatabase, in home: URL) throws {
            programs = URL(filePath: try TestEnvironment.value("TEST_PROGRAMS")).standardizedFileURL.path
            waits = home.appending(path: "waits.csv")
            environment = [
                "PATH": "/usr/bin:/bin", "WHARF_BIN": programs, "WAITS_FILE": waits.path,
                "AMQP_URL": broker.url, "AMQP_MANAGEMENT_URL": broker.managementURL,
                "WORKER_DATABASE_URL": try database.workerURL, "QUEUES_DIRECTORY": "\(Self.folder)/queues",
                // Apart from the ports that other tests are given one by one: this one takes several behind it.
                "METRICS_PORT": "\(Int.random(in: 600..<900) * 10)",
            ]
        }

        func launch(_ words: String...) throws -> TestProcess {
            try TestProcess("\(programs)/wharf", words, environment: environment)
        }

        func wharf(_ words: String...) async throws -> (status: Int32, output: String) {
            let process = try TestProcess("\(programs)/wharf", words, environment: environment)
            return (try await process.ended(), process.output)
        }

        var procfile: String { "--procfile=\(Self.folder)/Procfile" }

        func status() async throws -> FleetStatus.Program? {
            let (status, output) = try await wharf("fleet", "status", "--json", procfile)
            guard status == 0 else { return nil }
            return try JSONDecoder().decode(FleetStatus.self, from: Data(output.utf8)).programs.first
        }

        /// Publishes a job for each of a trace's lines at its time.
        func customers(_ trace: String, in home: URL) throws -> TestProcess {
            let file = home.appending(path: "\(UUID().uuidString).csv")
            try trace.write(to: file, atomically: true, encoding: .utf8)
            let arguments = ["customers", file.path]
            return try TestProcess("\(programs)/bench-flash-sale", arguments, environment: environment)
        }

        /// The ids of the jobs that ran, once for each run.
        var runs: [Substring] {
            let text = (try? String(contentsOf: waits, encoding: .utf8)) ?? ""
            return text.split(separator: "\n").compactMap { $0.split(separator: ",").last }
        }
    }

    private func withRig(_ body: (Rig, TestBroker, URL) async throws -> Void) async throws {
        let home = FileManager.default.temporaryDirectory.appending(path: "flash-sale-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: home) }
        let database = try await TestDatabase.make()
        try await withTestBroker { broker in
            try await broker.apply(Topology.load(directory: "Benchmarks/FlashSale/queues"))
            try await body(Rig(broker, database, in: home), broker, home)
        }
        try await database.drop()
    }

    @Test func workersComeWithARushAndGoWithoutARedelivery() async throws {
        try await withRig { rig, broker, home in
            let fleet = try rig.launch("fleet", rig.procfile)
            try await eventually("the first worker is ready", every: .milliseconds(200)) {
                try #require(fleet.isRunning, "\(fleet.output)")
                return try await rig.status()?.processes.map(\.state) == [.ready]
            }
            let rush = try rig.customers((0..<12).map { "\($0),150" }.joined(separator: "\n"), in: home)
            try await eventually("workers come", within: .seconds(120), every: .milliseconds(200)) {
                try await rig.status()?.processes.count { $0.state == .ready } ?? 0 >= 5
            }
            #expect(try await rush.ended() == 0)
            try await eventually("every job has run", within: .seconds(180), every: .milliseconds(200)) {
                rig.runs.count >= 1_800
            }

            try await eventually("one worker is enough again", within: .seconds(240), every: .milliseconds(500)) {
                try await rig.status()?.processes.count == 1
            }
            #expect(try broker.settlements("bench.wait").redelivered == 0)

            // Once more, and an operator has most of them go while all are busy.
            #expect(try await rig.wharf("fleet", "scale", "bench.wait", "6").status == 0)
            try await eventually("six are ready, by the operator's word", every: .milliseconds(200)) {
                let program = try await rig.status()
                return program?.processes.count { $0.state == .ready } == 6 && program?.queues.map(\.fixed) == [6]
            }
            let steady = try rig.customers((0..<8).map { "\($0),75" }.joined(separator: "\n"), in: home)
            try await eventually("all are busy") { rig.runs.count >= 1_900 }
            #expect(try await rig.wharf("fleet", "scale", "bench.wait", "1").status == 0)
            try await eventually("one is left", within: .seconds(90), every: .milliseconds(200)) {
                try await rig.status()?.processes.count == 1
            }
            #expect(try await rig.wharf("fleet", "scale", "bench.wait", "auto").status == 0)
            #expect(try await steady.ended() == 0)
            try await eventually("the second rush is over", within: .seconds(180), every: .milliseconds(200)) {
                rig.runs.count >= 2_400
            }

            #expect(rig.runs.count == 2_400)
            #expect(Set(rig.runs).count == 2_400)
            fleet.send(SIGTERM)
            #expect(try await fleet.ended() == 0)
            // A delivery that the broker makes in the moments in which it carries out a cancellation comes back, unseen.
            #expect(try broker.settlements("bench.wait").redelivered <= 6)
            #expect(try await broker.depth("bench.wait") == 0)
            #expect(try await broker.depth("bench.wait.suspect") == 0)
            #expect(fleet.output.contains("Fleet scales a program"))
            let ended = fleet.output.split(separator: "\n").filter { $0.contains(/waiters[.0-9]* stopped/) }
            #expect(ended.count >= 10)
            #expect(ended.allSatisfy { $0.hasSuffix("exit status 0") })
        }
    }

    @Test func whatMakesNoSenseIsRefused() async throws {
        try await withRig { rig, _, _ in
            let unasked = try await rig.wharf("fleet", "status", rig.procfile)
            #expect(unasked.status == 1)
            #expect(unasked.output.contains("no fleet answers at http://127.0.0.1:"))
            let unknown = try await rig.wharf("fleet", "scale", "bench.walk", "2")
            #expect(unknown.status == 1)
            #expect(unknown.output.contains("there is no queue bench.walk in queues/*.json; there are bench.wait"))
            for count in ["0", "16", "-1", "many", ""] {
                let refused = try await rig.wharf("fleet", "scale", "bench.wait", count)
                #expect(refused.status == 2)
                #expect(refused.output.contains("N is auto, or a whole number from 1 to 15"))
            }
        }
    }
}
