import AMQP
import Foundation
import HTTPClient
import TestSupport
import Testing

/// `Examples/ResizeImages`, the worker of docs/writing-a-worker.md: the programs that its own package built, on RabbitMQ.
@Suite struct ExampleTests {
    private static let queues = "Examples/ResizeImages/queues"

    private static func program(_ name: String) throws -> String {
        let path = try "\(TestEnvironment.value("TEST_EXAMPLES"))/\(name)"
        try #require(FileManager.default.isExecutableFile(atPath: path), "\(path): script/test ExampleTests builds it")
        return path
    }

    /// What the document tells the reader to set.
    private static func environment(_ broker: TestBroker, _ own: [String: String] = [:]) throws -> [String: String] {
        [
            "AMQP_URL": broker.url, "AMQP_MANAGEMENT_URL": broker.managementURL, "QUEUES_DIRECTORY": queues,
            "METRICS_PORT": "\(try freePort())",
        ].merging(own) { _, new in new }
    }

    private static func declareQueues(_ environment: [String: String]) async throws {
        let wharf = try TestProcess(
            "\(TestEnvironment.value("TEST_PROGRAMS"))/wharf",
            ["queues", "apply"],
            environment: environment
        )
        try #require(try await wharf.ended() == 0, "\(wharf.output)")
    }

    /// Eight pixels by four, dark ones in the even columns.
    private static let picture =
        Data("P5\n8 4\n255\n".utf8) + Data((0..<32).map { $0.isMultiple(of: 2) ? UInt8(16) : UInt8(240) })

    @Test func itsPicturesBecomeThumbnailsAndItsPoisonADeadLetter() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "images-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let names = (1...5).map { "picture\($0).pgm" }
        for name in names { try Self.picture.write(to: folder.appending(path: name)) }
        try Data("no picture".utf8).write(to: folder.appending(path: "poison.pgm"))

        try await withTestBroker { broker in
            let environment = try Self.environment(broker, ["IMAGES_DIRECTORY": folder.path])
            try await Self.declareQueues(environment)
            let enqueue = try TestProcess(
                try Self.program("enqueue-images"),
                ["4"] + names + ["poison.pgm"],
                environment: environment
            )
            try #require(try await enqueue.ended() == 0, "\(enqueue.output)")
            #expect(enqueue.output.hasSuffix("enqueued 6\n"))

            let worker = try TestProcess(try Self.program("worker-images"), environment: environment)
            let catalog = folder.appending(path: "catalog.json")
            let sizes = Dictionary(uniqueKeysWithValues: names.map { ("4.\($0)", [4, 2]) })
            try await eventually("every thumbnail is in the catalog") {
                try #require(worker.isRunning, "\(worker.output)")
                return (try? JSONDecoder().decode([String: [Int]].self, from: Data(contentsOf: catalog))) == sizes
            }
            for name in names {
                let thumbnail = try Data(contentsOf: folder.appending(path: "4.\(name)"))
                #expect(thumbnail == Data("P5\n4 2\n255\n".utf8) + Data(repeating: 16, count: 8))
            }
            try await self.expectDeadLetter("the file is no PGM picture", on: broker)

            let client = HTTPClient()
            defer { client.shutdown() }
            let probe = "http://127.0.0.1:\(environment["METRICS_PORT"] ?? "")"
            let ready = try await client.send(HTTPRequest(method: "GET", url: "\(probe)/health/ready"))
            #expect(ready.status == 200)
            let metrics = try await client.send(HTTPRequest(method: "GET", url: "\(probe)/metrics"))
            let done = #"jobs_processed_total{job="images.resize",outcome="done",queue="images.resize"} 5"#
            #expect(String(decoding: metrics.body, as: UTF8.self).contains(done))

            worker.send(SIGTERM)
            #expect(try await worker.ended() == 0)
            #expect(worker.output.contains("Services stopped"))
        }
    }

    private struct Payload: Decodable, Equatable {
        let file: String
        let width: Int
    }

    private func expectDeadLetter(_ reason: String, on broker: TestBroker) async throws {
        let session = try await broker.session()
        try await eventually("the poison lies among the dead letters") {
            guard let letter = try await session.get("images.resize.dead", acknowledges: true) else { return false }
            #expect(letter.message.properties.headers["x-wharf-reason"] == .string(reason))
            let body = try JSONDecoder().decode(Payload.self, from: Data(letter.message.body))
            #expect(body == Payload(file: "poison.pgm", width: 4))
            return true
        }
        await session.close()
    }

    @Test(arguments: [
        (["AMQP_URL": ""], "AMQP_URL is not set. Set it to the RabbitMQ virtual host, for example "),
        (
            ["AMQP_URL": "http://127.0.0.1"],
            "The value of AMQP_URL is wrong: it does not begin with amqp:// or amqps://"
        ),
        (["QUEUES_DIRECTORY": "nowhere"], "nowhere: cannot be read as a directory of queue files"),
        (
            ["QUEUES_DIRECTORY": "queues"],
            "The value 'queues' of QUEUES_DIRECTORY is wrong: no file in it binds the job "
        ),
        (["WORKER_CONCURRENCY": "many"], "The value 'many' of WORKER_CONCURRENCY is wrong: it is no whole number"),
    ])
    func aMistakeInItsSettingsStopsItWithOneLine(_ mistake: [String: String], _ beginning: String) async throws {
        let settings = ["AMQP_URL": "amqp://127.0.0.1:1/", "QUEUES_DIRECTORY": Self.queues]
        let worker = try TestProcess(
            try Self.program("worker-images"),
            environment: settings.merging(mistake) { _, new in new }
        )
        #expect(try await worker.ended() == 78)
        #expect(worker.output.hasPrefix("worker-images: \(beginning)"), "\(worker.output)")
        #expect(worker.output.count { $0 == "\n" } == 1)
    }

    @Test func queuesThatTheBrokerLacksEndItWithTheirNames() async throws {
        try await withTestBroker { broker in
            let worker = try TestProcess(try Self.program("worker-images"), environment: try Self.environment(broker))
            #expect(try await worker.ended() == 1)
            #expect(worker.output.contains("the broker has no queue images."))
            #expect(worker.output.contains(".retry.1s, "))
            #expect(worker.output.contains("run `wharf queues apply`"))

            let enqueue = try TestProcess(
                try Self.program("enqueue-images"),
                ["4", "a.pgm"],
                environment: try Self.environment(broker)
            )
            #expect(try await enqueue.ended() == 1)
        }
    }

    @Test func withoutABrokerEnqueuingSaysSo() async throws {
        let enqueue = try TestProcess(
            try Self.program("enqueue-images"),
            ["4", "a.pgm"],
            environment: ["AMQP_URL": "amqp://127.0.0.1:\(try freePort())/"]
        )
        #expect(try await enqueue.ended() == 1)
        #expect(enqueue.output.contains("enqueue-images: "), "\(enqueue.output)")
    }
}
