import Foundation
import Jobs
import Testing
import Topology

@testable import Images

@Suite(.timeLimit(.minutes(1))) final class CatalogImageTests {
    private let broker: InMemoryBroker
    private let worker: Worker
    private let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    private let picture = Graymap(width: 4, height: 2, pixels: Data([10, 11, 20, 21, 12, 13, 22, 23]))

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let topology = try Topology.load(directory: "queues")
        broker = InMemoryBroker(topology: topology, clock: InstantClock())
        worker = Worker(
            queue: try #require(topology.queue(named: CatalogImage.name)),
            broker: broker,
            batchHandlers: [CatalogImageHandler(folder: folder)]
        )
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func catalog() throws -> [String: [Int]] {
        try JSONDecoder().decode([String: [Int]].self, from: Data(contentsOf: folder.appending(path: "catalog.json")))
    }

    @Test func eachJobOfABatchHasItsOwnOutcome() async throws {
        try picture.pgm.write(to: folder.appending(path: "good.pgm"))
        try Data("no picture".utf8).write(to: folder.appending(path: "text.pgm"))
        for name in ["good.pgm", "text.pgm", "missing.pgm"] {
            try await broker.publish(JobEnvelope(CatalogImage(file: name)))
        }
        try await broker.drain(by: worker)
        #expect(try catalog() == ["good.pgm": [4, 2]])
        let letters = broker.waiting(in: "images.catalog.dead").compactMap(DeadLetter.init)
        #expect(letters.map(\.reason) == ["the file is no PGM picture", "the file cannot be read"])
        #expect(letters.map(\.attempts) == [1, 4])
    }

    @Test func runTwiceItIsOneEntry() async throws {
        try picture.pgm.write(to: folder.appending(path: "a.pgm"))
        let envelope = try JobEnvelope(CatalogImage(file: "a.pgm"))
        for _ in 1...2 {
            try await broker.publish(envelope)
            try await broker.drain(by: worker)
        }
        #expect(try catalog() == ["a.pgm": [4, 2]])
    }

    @Test func aCatalogThatCannotBeReadIsNotOverwritten() async throws {
        let broken = Data("broken".utf8)
        try broken.write(to: folder.appending(path: "catalog.json"))
        try picture.pgm.write(to: folder.appending(path: "a.pgm"))
        try await broker.publish(JobEnvelope(CatalogImage(file: "a.pgm")))
        try await broker.drain(by: worker)
        #expect(try Data(contentsOf: folder.appending(path: "catalog.json")) == broken)
        #expect(broker.waiting(in: "images.catalog.dead").count == 1)
    }
}
