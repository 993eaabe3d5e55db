import AMQP
import Jobs
import JobsAMQP
import TestSupport
import Testing
import Threading

/// What happens to a whole broker, on a node of its own.
@Suite(.serialized, .ownBroker) struct AMQPNodeTests {
    private func withRig(_ body: (BrokerNode, RecoveryRig) async throws -> Void) async throws {
        let node = try #require(OwnBroker.node)
        try await RecoveryRig.with(on: node) { rig in try await body(node, rig) }
    }

    /// Orders keep coming while the broker is restarted, for an update or by a power cut.
    @Test(arguments: [true, false])
    func aRestartLosesNothing(isOrderly: Bool) async throws {
        try await withRig { node, rig in
            try await rig.hold()
            let isOver = Lock(false)
            let publishing = Task {
                var (count, repeats) = (0, 0)
                while !isOver.withLock({ $0 }), count < 5_000 {
                    repeats += try await rig.publish("\(count)")
                    count += 1
                }
                return (count: count, repeats: repeats)
            }
            try await eventually("jobs are done") { rig.runs.count > 20 }
            if isOrderly {
                try await node.stop()
                try await rig.reported("closed_by_broker", on: "q", "Broker closed the connection")
                try await rig.reported("closed_by_broker", on: "publisher", "Broker closed the connection")
            } else {
                try await node.kill()
                try await rig.reported("lost", on: "q", "Connection to the broker lost")
                try await rig.reported("lost", on: "publisher", "Connection to the broker lost")
            }
            try await rig.reported("unreachable", on: "publisher", "Broker cannot be reached")
            #expect(throws: AMQPError.self) { try rig.jobs.check() }
            try await node.start()
            try await rig.heldAgain()
            isOver.withLock { $0 = true }
            let (count, repeats) = try await publishing.value
            try await eventually("every job is done") { rig.runs.count == count + 1 }
            #expect(Set(rig.runs.keys) == Set((0..<count).map(String.init) + ["held"]))
            #expect(rig.runs["held"] == 2)
            // Done twice is only what was published again for want of a confirm, or held without its ack.
            let more = rig.runs.values.reduce(0, +) - rig.runs.count
            #expect(more <= repeats + rig.prefetch)
            try rig.jobs.check()
        }
    }

    /// The broker is short of memory: it takes no jobs, but those that it has are worked off.
    @Test func aMemoryAlarmIsReportedAndEnds() async throws {
        try await withRig { node, rig in
            try await rig.hold()
            try await node.alarmMemory(true)
            // RabbitMQ tells only those who publish. It takes no more than this one's beginning until the alarm is over.
            let unfinished = Task { try await rig.jobs.publish(JobEnvelope(Greet("unfinished"))) }
            try await rig.reported("blocked", on: "publisher", "Broker takes no messages")
            #expect(rig.metric(#"amqp_connection_blocked{connection="publisher"}"#) == 1)
            let error = #expect(throws: AMQPError.self) { try rig.jobs.check() }
            #expect(error?.code == .blocked)
            await #expect(throws: JobPublishError.self) { try await rig.jobs.publish(JobEnvelope(Greet("refused"))) }
            try await eventually("the broker counts what is held") { try rig.server.settlements("q").unsettled == 1 }
            rig.mayEnd.open()
            try await eventually("what was held is settled") { try rig.server.settlements("q").unsettled == 0 }
            try await node.alarmMemory(false)
            try await rig.reported("unblocked", on: "publisher", "Broker takes messages again")
            _ = await unfinished.result
            try await rig.publish("after")
            try await rig.ran(["held": 1, "unfinished": 1, "after": 1])
            #expect(rig.metric(#"amqp_connection_blocked{connection="publisher"}"#) == 0)
            #expect(rig.metric(#"amqp_connection_blocked_seconds_total{connection="publisher"}"#) ?? 0 > 0)
        }
    }

    /// The broker gives up on a job that runs for too long, and hands it out again; what the first run says is dropped.
    @Test func aJobHeldForTooLongIsReportedAndComesBack() async throws {
        let node = try #require(OwnBroker.node)
        try await node.allowHolding(milliseconds: 4_000, lookingEvery: 500)
        var failure: (any Error)?
        do {
            try await withRig { _, rig in
                try await rig.hold()
                try await rig.heldAgain()
                try await rig.publish("after")
                try await rig.ran(["held": 2, "after": 1])
                try await rig.reported("acknowledgement_timeout", on: "q", "Job was held longer than the broker allows")
            }
        } catch {
            failure = error
        }
        try await node.allowHolding(milliseconds: 1_800_000, lookingEvery: 60_000)
        if let failure { throw failure }
    }
}

/// Gives a suite a RabbitMQ node of its own, and takes it away when the suite is over.
struct OwnBroker: SuiteTrait, TestScoping {
    @TaskLocal static var node: BrokerNode?

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let node = try await BrokerNode.start()
        var failure: (any Error)?
        do { try await Self.$node.withValue(node) { try await function() } } catch { failure = error }
        try await node.remove()
        if let failure { throw failure }
    }
}

extension Trait where Self == OwnBroker {
    static var ownBroker: Self { Self() }
}
