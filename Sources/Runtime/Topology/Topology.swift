import Foundation

/// All queues of the house, read from `queues/*.json`. What a broker needs for them is ``broker``.
public struct Topology: Equatable, Sendable {
    /// The topic exchange that every job is published to, with its name as routing key.
    public static let exchange = "wharf.jobs"

    /// Sorted by name.
    public let queues: [QueueDefinition]

    /// - Throws: ``TopologyError`` when two definitions claim one broker queue.
    public init(_ queues: [QueueDefinition]) throws(TopologyError) {
        self.queues = queues.sorted { $0.name < $1.name }
        var owners: [String: String] = [:]
        for queue in self.queues {
            for name in queue.allQueues {
                if let owner = owners.updateValue(queue.name, forKey: name) {
                    throw TopologyError("the broker queue \(name) would belong to both \(owner) and \(queue.name)")
                }
            }
        }
    }

    /// Reads every `.json` file of `directory`, each named after its queue.
    ///
    /// - Throws: ``TopologyError`` naming the file and the field.
    public static func load(directory: String) throws(TopologyError) -> Topology {
        let files: [String]
        do {
            files = try FileManager.default.contentsOfDirectory(atPath: directory)
                .filter { $0.hasSuffix(".json") }.sorted()
        } catch {
            throw TopologyError(file: directory, "cannot be read as a directory of queue files")
        }
        guard !files.isEmpty else { throw TopologyError(file: directory, "holds no queue files (*.json)") }
        var queues: [QueueDefinition] = []
        for file in files {
            let path = "\(directory)/\(file)"
            guard let json = FileManager.default.contents(atPath: path) else {
                throw TopologyError(file: path, "cannot be read")
            }
            let queue = try QueueDefinition(json: json, file: path)
            guard file == "\(queue.name).json" else {
                throw TopologyError(
                    file: path,
                    field: "name",
                    "is \"\(queue.name)\", but a file is named after its queue"
                )
            }
            queues.append(queue)
        }
        return try Topology(queues)
    }

    /// The queue of this name; `nil` when no file describes it.
    public func queue(named name: String) -> QueueDefinition? { queues.first { $0.name == name } }

    /// What has to exist on the broker.
    public var broker: BrokerPlan { BrokerPlan(queues) }
}
