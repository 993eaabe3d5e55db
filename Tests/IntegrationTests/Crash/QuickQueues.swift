import Foundation

/// The queue files of the house with rungs of a second or two: the way of a retry stays, the waiting goes.
enum QuickQueues {
    static func with(_ body: (_ directory: String) async throws -> Void) async throws {
        let files = FileManager.default
        let directory = files.temporaryDirectory.appendingPathComponent("wharf-queues-\(UUID().uuidString)")
        try files.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? files.removeItem(at: directory) }
        for name in try files.contentsOfDirectory(atPath: "queues") where name.hasSuffix(".json") {
            let data = try Data(contentsOf: URL(fileURLWithPath: "queues/\(name)"))
            guard var queue = try JSONSerialization.jsonObject(with: data) as? [String: Any],
                var retry = queue["retry"] as? [String: Any]
            else { continue }
            retry["rungs_seconds"] = [1, 2]
            queue["retry"] = retry
            try JSONSerialization.data(withJSONObject: queue).write(to: directory.appendingPathComponent(name))
        }
        try await body(directory.path)
    }
}
