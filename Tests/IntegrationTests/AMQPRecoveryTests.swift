import AMQP
import Foundation
import Jobs
import JobsAMQP
import TestSupport
import Testing
import Topology

/// Whatever happens to a connection, jobs flow again, nothing is lost, and metric and log say what it was. Here is what
/// can be done to one connection; what needs a broker of its own is in ``AMQPNodeTests``.
@Suite struct AMQPRecoveryTests {
    @Test func aSocketThatBreaksIsReplaced() async throws {
        try await RecoveryRig.with { rig in
            try await rig.hold()
            rig.proxy.hangUp()
            try await rig.heldAgain()
            try await rig.publish("after")
            try await rig.ran(["held": 2, "after": 1])
            try await rig.reported("lost", on: "q", "Connection to the broker lost")
            try await rig.reported("lost", on: "publisher", "Connection to the broker lost")
        }
    }

    @Test func aChannelErrorIsNamedAndSurvived() async throws {
        try await RecoveryRig.with { rig in
            try await rig.hold()
            // An ack (class 60, method 80) on channel 1 for a delivery that never was.
            rig.proxy.injectToServer([1, 0, 1, 0, 0, 0, 13, 0, 60, 0, 80, 0, 0, 0, 0, 0, 0, 3, 231, 0, 0xCE])
            try await rig.heldAgain()
            try await rig.publish("after")
            try await rig.ran(["held": 2, "after": 1])
            for connection in ["q", "publisher"] {
                try await rig.reported("channel_closed", on: connection, "Broker closed the channel")
                #expect(
                    rig.metric(#"amqp_channels_closed_total{connection="\#(connection)",reply_code="406"}"#) == 1
                )
            }
        }
    }

    /// The queue goes, and with it its subscription; it comes back, and so does the subscription.
    @Test func aSubscriptionThatTheBrokerCancelsIsRenewed() async throws {
        try await RecoveryRig.with { rig in
            try await rig.publish("before")
            try await rig.ran(["before": 1])
            let session = try await rig.server.session()
            try await session.deleteQueue("q")
            await session.close()
            try await rig.reported("consumer_cancelled", on: "q", "Broker cancelled the subscription")
            try await rig.server.apply(RecoveryRig.topology)
            // What is published before the broker has told all its channels of the end counts as gone with the old queue.
            try await eventually("jobs of the new queue are run", every: .milliseconds(100)) {
                try await rig.publish("after")
                return rig.runs["after"] != nil
            }
            try await eventually("the new queue is empty") {
                try await rig.server.depth("q") == 0 && rig.server.settlements("q").unsettled == 0
            }
            #expect(rig.runs["before"] == 1)
        }
    }

    @Test func anUnroutableMessageIsReported() async throws {
        try await RecoveryRig.with { rig in
            try await rig.publish("before")
            let nobodys = JobEnvelope(id: UUIDv7().description, name: "test.nobodys", body: [])
            let error = await #expect(throws: JobPublishError.self) { try await rig.jobs.publish(nobodys) }
            #expect(error?.code == .unroutable)
            try await rig.reported("returned", on: "publisher", "Message returned: no queue takes it")
            try await rig.publish("after")
            try await rig.ran(["before": 1, "after": 1])
        }
    }

    /// The consume goes astray on its way, as a cancellation might on its way back: the client believes that it consumes
    /// `q`, and the broker knows of nobody. Where the second try goes astray as well, the connection is made anew.
    @Test(arguments: [1, 2])
    func aConsumerThatTheBrokerDoesNotKnowIsNoticed(astray: Int) async throws {
        try await RecoveryRig.with(idleCheck: .milliseconds(300)) { proxy in
            proxy.rewrite(Self.consume("q"), to: Self.consume("p"), times: astray)
        } _: { rig in
            try await rig.publish("waiting")
            try await rig.ran(["waiting": 1])
            try await rig.reported("stalled", on: "q", "Subscription brought nothing; subscribing again")
            #expect(rig.events("stalled", on: "q") == astray)
            #expect(rig.events("lost", on: "q") == astray - 1)
        }
    }

    /// The same, while another worker consumes the queue and hides that one is missing.
    @Test func aConsumerThatGetsNothingIsNoticed() async throws {
        try await RecoveryRig.with(idleCheck: .milliseconds(300)) { proxy in
            proxy.rewrite(Self.consume("q"), to: Self.consume("p"), times: 1)
        } _: { rig in
            let other = rig.jobs.consumer(of: "q", prefetch: 1)
            let taken = Mailbox<JobDelivery>()
            // Its own consume must not be the one that is rewritten.
            try await eventually("the worker's consume has gone astray") { rig.proxy.rewritesLeft == 0 }
            let working = Task { try await other.run { taken.put($0) } }
            try await rig.publish("taken")
            let delivery = try await taken.next()
            try await rig.publish("waiting")
            try await rig.ran(["waiting": 1])
            try await rig.reported("stalled", on: "q", "Subscription brought nothing; subscribing again")
            delivery.ack()
            await other.flush()
            working.cancel()
            _ = await working.result
        }
    }

    /// The beginning of a `basic.consume` (class 60, method 20) of a queue with a name of one letter.
    private static func consume(_ queue: Character) -> [UInt8] { [0, 60, 0, 20, 0, 0, 1] + Array(String(queue).utf8) }

    /// Nobody but an operator can help, so it is said loudly, tried on, and well again once the password is right.
    @Test func aLoginThatIsRefusedIsReportedUntilItIsTaken() async throws {
        try await withTestBroker { server in
            try await server.apply(RecoveryRig.topology)
            let user = "late-" + UUID().uuidString.lowercased()
            let rig = try RecoveryRig(
                server,
                url: TestEnvironment.url(server.url, database: server.virtualHost, user: user, password: "sesame")
            )
            let running = Task { try await rig.jobs.run() }
            try await rig.reported("login_refused", on: "publisher", "Broker refuses the login")
            let error = #expect(throws: AMQPError.self) { try rig.jobs.check() }
            #expect(error?.code == .authentication)
            #expect(error?.message.contains("sesame") == false)

            _ = try server.manage("PUT", "/api/users/\(user)", body: #"{"password":"sesame","tags":""}"#)
            _ = try server.manage(
                "PUT",
                "/api/permissions/\(server.virtualHost)/\(user)",
                body: #"{"configure":"","write":".*","read":".*"}"#
            )
            try await rig.publish("after")
            try rig.jobs.check()
            running.cancel()
            _ = await running.result
            _ = try server.manage("DELETE", "/api/users/\(user)")
        }
    }
}
