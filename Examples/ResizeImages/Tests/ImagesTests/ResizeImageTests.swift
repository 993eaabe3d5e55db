import Foundation
import Jobs
import Testing
import Topology

@testable import Images

/// The handler in a real worker, on a broker in memory with the queues of `queues/`.
@Suite(.timeLimit(.minutes(1))) final class ResizeImageTests {
    private let broker: InMemoryBroker
    private let worker: Worker
    private let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    private let picture = Graymap(width: 4, height: 2, pixels: Data([10, 11, 20, 21, 12, 13, 22, 23]))

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let topology = try Topology.load(directory: "queues")
        // Retries come at once: the seconds of the ladder are not what is tested here.
        broker = InMemoryBroker(topology: topology, clock: InstantClock())
        worker = Worker(
            queue: try #require(topology.queue(named: ResizeImage.name)),
            broker: broker,
            handlers: [ResizeImageHandler(folder: folder, publisher: broker)]
        )
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func letter() throws -> DeadLetter {
        try #require(broker.waiting(in: "images.resize.dead").first.flatMap(DeadLetter.init))
    }

    @Test func makesAThumbnailAndAsksForItsEntry() async throws {
        try picture.pgm.write(to: folder.appending(path: "a.pgm"))
        try await broker.publish(JobEnvelope(ResizeImage(file: "a.pgm", width: 2)))
        try await broker.drain(by: worker)
        let thumbnail = try Data(contentsOf: folder.appending(path: "2.a.pgm"))
        #expect(thumbnail == Data("P5\n2 1\n255\n".utf8) + Data([10, 20]))
        #expect(broker.waiting(in: "images.catalog").map(\.name) == [CatalogImage.name])
    }

    @Test func aFileThatNeverComesIsGivenUpAfterAllAttempts() async throws {
        try await broker.publish(JobEnvelope(ResizeImage(file: "missing.pgm", width: 2)))
        try await broker.drain(by: worker)
        #expect(try letter().reason == "the file cannot be read")
        #expect(try letter().attempts == 4)
    }

    @Test(arguments: [
        ("text.pgm", 2, "the file is no PGM picture"), ("../a.pgm", 2, "bad payload"), ("text.pgm", 0, "bad payload"),
    ])
    func whatCanNeverBeDoneIsGivenUpAtOnce(name: String, width: Int, reason: String) async throws {
        try Data("no picture".utf8).write(to: folder.appending(path: "text.pgm"))
        try await broker.publish(JobEnvelope(ResizeImage(file: name, width: width)))
        try await broker.drain(by: worker)
        #expect(try letter().reason == reason)
        #expect(try letter().attempts == 1)
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
        let late = Late(
            handler: ResizeImageHandler(folder: folder, publisher: broker),
            file: folder.appending(path: "a.pgm"),
            bytes: picture.pgm
        )
        let queue = try #require(try Topology.load(directory: "queues").queue(named: ResizeImage.name))
        try await broker.publish(JobEnvelope(ResizeImage(file: "a.pgm", width: 2)))
        try await broker.drain(by: Worker(queue: queue, broker: broker, handlers: [late]))
        #expect(FileManager.default.fileExists(atPath: folder.appending(path: "2.a.pgm").path))
        #expect(broker.waiting(in: "images.resize.dead").isEmpty)
    }
}
