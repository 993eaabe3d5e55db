import Foundation
import Jobs
import Testing
import Topology

@testable import Images

/// The handlers in real workers, on a broker in memory with the queues of `queues/`.
@Suite(.timeLimit(.minutes(1))) final class WorkerTests {
    private let broker: InMemoryBroker
    private let queue: QueueDefinition
    private let resize: Worker
    private let catalog: Worker
    private let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    private let picture = Graymap(width: 4, height: 2, pixels: Data([10, 11, 20, 21, 12, 13, 22, 23]))

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let topology = try Topology.load(directory: "queues")
        // Retries come at once: the rungs' seconds are not what is tested here.
        broker = InMemoryBroker(topology: topology, clock: InstantClock())
        queue = try #require(topology.queue(named: ResizeImage.name))
        resize = Worker(
            queue: queue,
            broker: broker,
            handlers: [ResizeImageHandler(folder: folder, publisher: broker)]
        )
        catalog = Worker(
            queue: try #require(topology.queue(named: CatalogImage.name)),
            broker: broker,
            batchHandlers: [CatalogImageHandler(folder: folder)]
        )
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func file(_ name: String) -> URL { folder.appending(path: name) }

    private func sizes() throws -> [String: [Int]] {
        try JSONDecoder().decode([String: [Int]].self, from: Data(contentsOf: file("catalog.json")))
    }

    @Test func makesAThumbnailAndItsEntry() async throws {
        try picture.pgm.write(to: file("a.pgm"))
        try await broker.publish(JobEnvelope(ResizeImage(file: "a.pgm", width: 2)))
        try await broker.drain(by: resize, catalog)
        let thumbnail = try #require(Graymap(pgm: Data(contentsOf: file("2.a.pgm"))))
        #expect((thumbnail.width, thumbnail.height) == (2, 1))
        #expect(Array(thumbnail.pixels) == [10, 20])
        #expect(try sizes() == ["2.a.pgm": [2, 1]])
    }

    @Test func runTwiceItHasOneEntry() async throws {
        try picture.pgm.write(to: file("a.pgm"))
        let envelope = try JobEnvelope(ResizeImage(file: "a.pgm", width: 2))
        for _ in 1...2 { try await broker.publish(envelope) }
        try await broker.drain(by: resize, catalog)
        #expect(try sizes() == ["2.a.pgm": [2, 1]])
        #expect(broker.waiting(in: "images.resize.dead").isEmpty)
    }

    @Test func aFileThatIsNotThereIsTriedAgainUntilTheAttemptsAreSpent() async throws {
        try await broker.publish(JobEnvelope(ResizeImage(file: "missing.pgm", width: 2)))
        try await broker.drain(by: resize)
        let letter = try #require(broker.waiting(in: "images.resize.dead").first.flatMap(DeadLetter.init))
        #expect(letter.attempts == 4)
        #expect(letter.reason == "no file")
    }

    @Test func aFileThatComesLateIsDoneByARetry() async throws {
        /// Writes the picture before the second run.
        struct Late: JobHandler {
            let handler: ResizeImageHandler
            let file: URL
            let bytes: Data

            func handle(_ job: ResizeImage, context: JobContext) async throws -> Outcome {
                if context.attempt == 2 { try bytes.write(to: file) }
                return try await handler.handle(job, context: context)
            }
        }
        let handler = ResizeImageHandler(folder: folder, publisher: broker)
        let late = Late(handler: handler, file: file("a.pgm"), bytes: picture.pgm)
        try await broker.publish(JobEnvelope(ResizeImage(file: "a.pgm", width: 2)))
        try await broker.drain(by: Worker(queue: queue, broker: broker, handlers: [late]))
        #expect(FileManager.default.fileExists(atPath: file("2.a.pgm").path))
        #expect(broker.waiting(in: "images.resize.dead").isEmpty)
    }

    @Test(arguments: [
        ("text.pgm", 2, "no PGM picture"), ("../a.pgm", 2, "bad file or width"), ("text.pgm", 0, "bad file or width"),
    ])
    func whatCanNeverBeDoneIsADeadLetter(name: String, width: Int, reason: String) async throws {
        try Data("no picture".utf8).write(to: file("text.pgm"))
        try await broker.publish(JobEnvelope(ResizeImage(file: name, width: width)))
        try await broker.drain(by: resize)
        let letter = try #require(broker.waiting(in: "images.resize.dead").first.flatMap(DeadLetter.init))
        #expect(letter.reason == reason)
        #expect(letter.attempts == 1)
    }

    @Test func eachJobOfABatchHasItsOwnOutcome() async throws {
        try picture.pgm.write(to: file("good.pgm"))
        try Data("no picture".utf8).write(to: file("text.pgm"))
        for name in ["good.pgm", "text.pgm", "missing.pgm"] {
            try await broker.publish(JobEnvelope(CatalogImage(file: name)))
        }
        try await broker.drain(by: catalog)
        #expect(try sizes() == ["good.pgm": [4, 2]])
        let letters = broker.waiting(in: "images.catalog.dead").compactMap(DeadLetter.init)
        #expect(letters.map(\.reason) == ["no PGM picture", "no file"])
        #expect(letters.map(\.attempts) == [1, 4])
    }
}
