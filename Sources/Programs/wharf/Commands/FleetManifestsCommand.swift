import Bootstrap
import Configuration
import Foundation
import Topology

/// `wharf fleet manifests`: what an autoscaler and Prometheus are told, from the queue files.
enum FleetManifestsCommand {
    static let all = [manifests]

    private static let manifests = Command(
        path: ["fleet", "manifests"],
        summary: "Writes KEDA's ScaledObjects and Prometheus's alerts for the queues, as queues/*.json say.",
        options: [.value("output", "FOLDER", "where docker/ is laid out (docker); - prints them")]
    ) { invocation in
        let topology = try Topology.load(directory: try Environment().value(Settings.queuesDirectory))
        let folder = invocation.values["output"] ?? "docker"
        for manifest in Manifests.all(topology) {
            if folder == "-" {
                print(manifest.text, terminator: "")
                continue
            }
            let file = URL(fileURLWithPath: folder).appending(path: manifest.path)
            do {
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(),
                    withIntermediateDirectories: true
                )
                try Data(manifest.text.utf8).write(to: file, options: .atomic)
            } catch {
                throw CommandFailure("cannot write \(file.relativePath): \(error.localizedDescription)")
            }
            print(file.relativePath)
        }
        return .success
    }
}
