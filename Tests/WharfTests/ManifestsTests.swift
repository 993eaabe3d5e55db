import Foundation
import Testing
import Topology

@testable import wharf

@Suite struct ManifestsTests {
    /// What is committed is what the queue files say.
    @Test func theFilesInDockerAreUpToDate() throws {
        for file in Manifests.all(try Topology.load(directory: "queues")) {
            let committed = try String(contentsOfFile: "docker/\(file.path)", encoding: .utf8)
            #expect(
                committed == file.text,
                "docker/\(file.path) is not what the queue files say: `wharf fleet manifests`"
            )
        }
    }

    @Test func aProgramHasOneObjectForAllItsQueues() throws {
        let topology = try Topology([
            QueueDefinition(
                name: "a.one",
                bindings: ["a.one"],
                concurrency: 8,
                scaling: .init(min: 1, max: 3, targetWaitSeconds: 10, program: "worker-a")
            ),
            QueueDefinition(
                name: "a.two",
                bindings: ["a.two"],
                concurrency: 2,
                batch: .init(size: 50, maxWaitMs: 100),
                urgent: .init(share: 80),
                scaling: .init(min: 2, max: 6, targetWaitSeconds: 60, program: "worker-a")
            ),
            QueueDefinition(name: "b", bindings: ["b"]),
        ])
        let text = ScaledObjects.yaml(topology)
        #expect(text.split(separator: "\n").count { $0 == "kind: ScaledObject" } == 1)
        #expect(text.contains("minReplicaCount: 2\n  maxReplicaCount: 6"))
        // What a worker may hold: twice its runs, of whole batches.
        #expect(text.contains("queueName: a.one\n        excludeUnacknowledged: \"false\"\n        value: \"16\""))
        #expect(text.contains(#"queueName: '^a\.two(\.urgent)?$'"#))
        #expect(text.contains("value: \"200\""))
        #expect(text.contains("query: max(queue_oldest_job_age_seconds{queue=\"a.two\"})\n        threshold: \"60\""))
        #expect(!text.contains("queueName: b\n"))
    }

    @Test func alertsGoByTheQueuesTarget() throws {
        let topology = try Topology([
            QueueDefinition(name: "a", bindings: ["a"], scaling: .init(min: 1, max: 1, targetWaitSeconds: 7)),
            QueueDefinition(name: "b", bindings: ["b"], scaling: .init(min: 1, max: 4, targetWaitSeconds: 900)),
        ])
        let text = QueueAlerts.yaml(topology)
        #expect(text.contains(#"expr: max(queue_oldest_job_age_seconds{queue="a"}) > 7"#))
        #expect(text.contains(#"expr: max(queue_oldest_job_age_seconds{queue="a"}) > 300"#))
        #expect(text.contains(#"expr: max(queue_oldest_job_age_seconds{queue="b"}) > 18000"#))
        // There is nothing to scale where there is always one.
        #expect(text.split(separator: "\n").count { $0.hasSuffix("alert: QueueAtMaximum") } == 1)
        #expect(text.contains(#"count(jobs_concurrency{queue="b"}) >= 4"#))
    }
}
