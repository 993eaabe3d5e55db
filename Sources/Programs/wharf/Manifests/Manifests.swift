import Topology

/// Files for other programs that follow from the queue files, so that a policy is written once. Pure.
enum Manifests {
    struct File: Equatable {
        /// Below the output folder.
        let path: String
        let text: String
    }

    static func all(_ topology: Topology) -> [File] {
        [
            File(path: "kubernetes/scaled-objects.yaml", text: heading + ScaledObjects.yaml(topology)),
            File(path: "prometheus/queues.rules.yaml", text: heading + QueueAlerts.yaml(topology)),
        ]
    }

    private static let heading = "# Written by `wharf fleet manifests` from queues/*.json; edits are lost.\n"
}
