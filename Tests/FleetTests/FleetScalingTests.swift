import Foundation
import Observability
import TestSupport
import Testing
import Threading
import Topology

@testable import Fleet

/// A supervisor that scales real shells, by what a made-up broker and made-up workers say.
@Suite(.timeLimit(.minutes(2))) struct FleetScalingTests {
    private struct World {
        var ready = 0
        var isAway = false
        var orders: [String: FleetSources.Order] = [:]
        /// Jobs that run, by port.
        var running: [Int: Int] = [:]
    }

    private struct Away: Error, CustomStringConvertible { let description = "nobody there" }

    private final class Rig: Sendable {
        let world = Lock(World())
        let events: AsyncStream<FleetEvent>
        let supervisor: Supervisor
        private let bytes = Lock<[UInt8]>([])
        private let task: Task<Void, any Error>

        init(_ procfile: String, grace: Duration = .seconds(20)) throws {
            let queue = try QueueDefinition(
                name: "q",
                bindings: ["q"],
                concurrency: 1,
                deadlineSeconds: 50,
                scaling: .init(min: 1, max: 3, targetWaitSeconds: 1, program: "worker")
            )
            var policy = ScalingPolicy()
            policy.tuning.coolDownSeconds = 0.3
            // Jobs of a second each, of which ten have been done.
            let metrics = """
                jobs_processed_total{job="q",outcome="done",queue="q"} 10
                job_duration_seconds_sum{job="q",queue="q"} 10

                """
            let scaling = Supervisor.Scaling(
                topology: try Topology([queue]),
                sources: FleetSources(
                    broker: { [world] names in
                        #expect(names == ["q"])
                        return try world.withLock { world in
                            if world.isAway { throw Away() }
                            return [QueueStatus(name: "q", ready: world.ready, unacked: 0)]
                        }
                    },
                    metrics: { [world] port in
                        world.withLock { metrics + "jobs_in_flight{queue=\"q\"} \($0.running[port] ?? 0)\n" }
                    },
                    orders: { [world] in world.withLock { $0.orders } }
                ),
                policy: policy,
                interval: .milliseconds(20)
            )
            let (events, event) = AsyncStream.makeStream(of: FleetEvent.self)
            let supervisor = Supervisor(
                .init(
                    procfile: try Procfile(parsing: procfile),
                    directory: "/",
                    environment: ["PATH": "/usr/bin:/bin"],
                    firstMetricsPort: 9_900,
                    gracePeriod: grace,
                    scaling: scaling
                ),
                sink: LogSink { [bytes] line in bytes.withLock { $0 += line } },
                isReady: { _ in true },
                onEvent: { event.yield($0) }
            )
            self.supervisor = supervisor
            self.events = events
            task = Task {
                defer { event.finish() }
                try await supervisor.run()
            }
        }

        var output: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }

        func processes(in state: FleetStatus.Process.State) -> [Int] {
            supervisor.status.programs.last?.processes.filter { $0.state == state }.map(\.number) ?? []
        }

        func wait(until what: String, _ condition: () -> Bool) async throws {
            do { try await eventually(what) { condition() } } catch {
                Issue.record("\(supervisor.status) \(output)")
                throw error
            }
        }

        func stop() async throws {
            task.cancel()
            try await task.value
        }
    }

    /// Finishes what it does when it is told to, which takes it a moment.
    private static let procfile = """
        other: sleep 1000
        worker: sh -c 'trap "echo finishing; exit 0" TERM; echo up $METRICS_PORT $SHUTDOWN_GRACE_SECONDS; \
        while :; do sleep 0.02; done'
        """

    @Test func workersComeAtOnceAndTheIdleOnesGoWhenTheyAreTooMany() async throws {
        let rig = try Rig(Self.procfile)
        rig.world.withLock { $0.ready = 1_000 }
        try await rig.wait(until: "three are ready") { rig.processes(in: .ready) == [1, 2, 3] }
        try await rig.wait(until: "the third one has said its settings") {
            rig.output.contains("worker.3 | up 9921 60")
        }
        #expect(rig.output.contains("worker   | up 9901 60"))
        #expect(rig.output.contains("worker.2 | up 9911 60"))

        rig.world.withLock { world in
            world.running = [9_921: 1]
            world.ready = 0
        }
        try await rig.wait(until: "only the busy one is left") {
            rig.supervisor.status.programs.last?.processes.map(\.number) == [3]
        }
        #expect(rig.output.split(separator: "\n").count { $0.hasSuffix("| finishing") } == 2)
        #expect(rig.output.contains("fleet    | worker stopped, exit status 0"))
        #expect(rig.output.contains("fleet    | worker.2 stopped, exit status 0"))
        #expect(!rig.output.contains("worker.3 stopped"))

        // The lowest number that is free.
        rig.world.withLock { $0.orders = ["q": .init(workers: 2)] }
        try await rig.wait(until: "there are two as the operator said") { rig.processes(in: .ready) == [1, 3] }
        let status = try #require(rig.supervisor.status.programs.last)
        #expect(status.queues.map(\.fixed) == [2])
        #expect(status.queues.map(\.cause) == ["fixed"])
        #expect(rig.supervisor.status.programs.first?.isScaled == false)
        try await rig.stop()
    }

    @Test func whatCannotBeSeenIsLeftAlone() async throws {
        let rig = try Rig(Self.procfile)
        rig.world.withLock { $0.ready = 1_000 }
        try await rig.wait(until: "three are ready") { rig.processes(in: .ready) == [1, 2, 3] }
        rig.world.withLock { world in
            world.isAway = true
            world.ready = 0
        }
        try await rig.wait(until: "it is blind") {
            rig.supervisor.status.problem == "the queues cannot be looked at: nobody there"
        }
        #expect(rig.processes(in: .ready) == [1, 2, 3])
        rig.world.withLock { $0.isAway = false }
        try await rig.wait(until: "one is enough again") { rig.supervisor.status.programs.last?.wanted == 1 }
        #expect(rig.supervisor.status.problem == nil)
        try await rig.stop()
    }

    @Test func whoIsFinishingWhenTheFleetStopsGetsNoLongerThanTheOthers() async throws {
        let rig = try Rig("worker: sh -c 'trap \"\" TERM; echo up; while :; do sleep 0.02; done'\n", grace: .seconds(1))
        rig.world.withLock { $0.orders = ["q": .init(workers: 2)] }
        try await rig.wait(until: "both are up") { rig.output.components(separatedBy: "| up").count == 3 }
        rig.world.withLock { $0.orders = ["q": .init(workers: 1)] }
        try await rig.wait(until: "the second one is finishing") { rig.processes(in: .draining) == [2] }
        let start = ContinuousClock.now
        try await rig.stop()
        // Its own sixty-five seconds are not over, the fleet's second is.
        #expect(start.duration(to: .now) < .seconds(55))
        #expect(rig.output.contains("worker.2 stopped, killed by SIGKILL"))
    }
}
