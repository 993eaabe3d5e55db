import Foundation
import Testing

@testable import Topology

@Suite struct AsyncAPITests {
    /// Who writes a worker or a publisher in another language has only the description.
    @Test func theDescriptionHasTheQueuesAndKeysOfTheFiles() throws {
        let topology = try Topology.load(directory: "queues")
        let yaml = try String(contentsOfFile: "docs/asyncapi.yaml", encoding: .utf8)
        let channels = Self.channels(in: yaml)

        let keys = topology.broker.bindings.map(\.routingKey)
        #expect(channels.filter { $0.is == "routingKey" }.map(\.address).sorted() == keys.sorted())
        let queues = topology.broker.bindings.map(\.queue) + topology.queues.map(\.deadQueue)
        #expect(channels.filter { $0.is == "queue" }.map(\.address).sorted() == Set(queues).sorted())
        for rung in topology.broker.queues where rung.contains(".retry.") {
            #expect(yaml.contains("`\(rung)`"), "the description lacks a rung")
        }
    }

    /// Under `channels:`, a channel has one step of indentation, its address two, and what it is is deeper.
    private static func channels(in yaml: String) -> [(address: String, is: String)] {
        var channels: [(address: String, is: String)] = []
        var isInChannels = false
        for line in yaml.split(separator: "\n") {
            if !line.hasPrefix(" ") { isInChannels = line == "channels:" }
            guard isInChannels else { continue }
            let words = line.split(separator: " ")
            if line.hasPrefix("    address:"), let address = words.last { channels.append((String(address), "")) }
            if words.first == "is:", let kind = words.last { channels[channels.count - 1].is = String(kind) }
        }
        return channels
    }
}
