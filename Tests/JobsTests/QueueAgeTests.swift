import Foundation
import Observability
import TestSupport
import Testing
import Topology

@testable import Jobs

@Suite struct QueueAgeTests {
    private let start = ContinuousClock.now
    private var age = OldestAge()

    @Test mutating func isTheWaitOfTheLastDeliveredJob() {
        #expect(age.value(at: start) == .zero)
        age.delivered(after: .seconds(7), at: start)
        #expect(age.value(at: start + .seconds(60)) == .seconds(7))
        age.delivered(after: .seconds(2), at: start + .seconds(61))
        #expect(age.value(at: start + .seconds(61)) == .seconds(2))
        // A retry's wait says nothing about the queue.
        age.delivered(after: nil, at: start + .seconds(62))
        #expect(age.value(at: start + .seconds(62)) == .seconds(2))
    }

    @Test mutating func growsWhileJobsAreReadyAndNoneIsDelivered() {
        age.delivered(after: .seconds(3), at: start)
        age.looked(ready: 5, at: start)
        #expect(age.value(at: start + .seconds(2)) == .seconds(3))
        age.looked(ready: 5, at: start + .seconds(5))
        #expect(age.value(at: start + .seconds(20)) == .seconds(20))
        age.delivered(after: .seconds(21), at: start + .seconds(21))
        #expect(age.value(at: start + .seconds(22)) == .seconds(21))
        // Whatever comes, even a retry, shows that the queue moves.
        age.looked(ready: 4, at: start + .seconds(25))
        age.delivered(after: nil, at: start + .seconds(80))
        #expect(age.value(at: start + .seconds(81)) == .seconds(21))
    }

    @Test mutating func isNothingWhereNothingWaits() {
        age.delivered(after: .seconds(30), at: start)
        age.looked(ready: 1, at: start)
        age.looked(ready: 0, at: start + .seconds(90))
        #expect(age.value(at: start + .seconds(600)) == .zero)
    }

    /// Jobs that nobody consumes age; those of a queue with a worker are the worker's to tell of.
    @Test(.timeLimit(.minutes(1))) func aWatchSeesWhatNobodyConsumes() async throws {
        let topology = try Topology([
            QueueDefinition(name: "lonely", bindings: ["test.greet"]),
            QueueDefinition(name: "worked", bindings: ["test.other"]),
        ])
        let broker = InMemoryBroker(topology: topology)
        let metrics = MetricsRegistry()
        try await broker.send(JobEnvelope(id: UUIDv7().description, name: "test.greet", body: []), toQueue: "lonely")
        let consumer = broker.consumer(of: "worked", prefetch: 1)
        let consuming = Task { try await consumer.run { _ in } }
        try await eventually("there is a consumer") {
            try await broker.depths(of: ["worked"])["worked"]?.consumers == 1
        }

        let watch = QueueWatch(topology: topology, broker: broker, pause: .milliseconds(10), metrics: metrics)
        let watching = Task { try await watch.run() }
        func says(_ line: String) -> Bool { metrics.render().split(separator: "\n").contains { $0 == line } }
        try await eventually("the watch has looked") {
            says(#"queue_messages_ready{queue="lonely"} 1"#) && says(#"queue_consumers{queue="lonely"} 0"#)
                && says(#"queue_consumers{queue="worked"} 1"#) && says(#"queue_messages_ready{queue="lonely.dead"} 0"#)
        }
        try await eventually("what waits grows older") {
            !says(#"queue_oldest_job_age_seconds{queue="lonely"} 0"#)
        }
        #expect(says(#"queue_oldest_job_age_seconds{queue="worked"} 0"#))
        watching.cancel()
        try await watching.value
        consuming.cancel()
        _ = await consuming.result
    }
}
