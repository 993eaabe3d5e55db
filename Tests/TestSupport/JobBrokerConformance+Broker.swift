import Foundation
import Jobs
import Topology

/// The broker by itself.
extension JobBrokerConformance {
    static func envelopeSurvivesTheWay(_ broker: any JobBroker) async throws {
        let id = UUIDv7()
        let sent = JobEnvelope(
            id: id.description,
            name: "test.greet",
            body: Array(#"{"text":"hé"}"#.utf8),
            version: 3,
            attempt: 2,
            enqueuedAt: id.timestamp,
            correlationID: "c-1",
            idempotencyKey: "key-1",
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            lsn: "16/B374D848",
            firstFailureAt: Date(timeIntervalSince1970: 1_700_000_000.25),
            headers: ["x-mine": "1"]
        )
        try await broker.publish(sent)
        let tap = Tap(broker, "test.greetings")
        var delivery = try await tap.next()
        try require(delivery.deliveryCount, is: 0)
        try require(delivery.envelope, is: sent)
        delivery.ack()

        // Past the exchange, the job still knows the routing key that it was published with.
        try await broker.send(sent, toQueue: "test.greetings.dead")
        let dead = Tap(broker, "test.greetings.dead")
        delivery = try await dead.next()
        try require(delivery.envelope.routingKey, is: "test.greet")
        delivery.ack()
        await tap.close()
        await dead.close()
    }

    static func unroutableIsRefused(_ broker: any JobBroker) async throws {
        let nobodys = JobEnvelope(id: UUIDv7().description, name: "test.nobodys", body: [])
        try require(
            await publishError { () throws(JobPublishError) in try await broker.publish(nobodys) },
            is: .unroutable
        )
        let toNowhere = await publishError { () throws(JobPublishError) in
            try await broker.send(nobodys, toQueue: "test.nowhere")
        }
        try require(toNowhere, is: .unroutable)
        // And the connection goes on.
        try await broker.publish(JobEnvelope(Greet("after")))
    }

    static func depthsAreCounted(_ broker: any JobBroker) async throws {
        try await broker.publish(JobEnvelope(Greet("one")))
        try await broker.publish(JobEnvelope(Greet("two")))
        let queues = ["test.greetings", "test.greetings.dead", "test.nowhere"]
        let empty = QueueDepth(ready: 0, consumers: 0)
        // Of a queue that does not exist nothing is said, and the others are counted all the same, again and again.
        for _ in 1...2 {
            let depths = try await broker.depths(of: queues)
            try require(
                depths,
                is: ["test.greetings": QueueDepth(ready: 2, consumers: 0), "test.greetings.dead": empty]
            )
        }
        let tap = Tap(broker, "test.greetings")
        let (one, two) = (try await tap.next(), try await tap.next())
        try await eventually("what is handed out is not ready") {
            try await broker.depths(of: queues)["test.greetings"] == QueueDepth(ready: 0, consumers: 1)
        }
        one.ack()
        two.ack()
        await tap.close()
    }

    private static func publishError(_ body: () async throws(JobPublishError) -> Void) async -> JobPublishError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return error.code
        }
    }

    static func missingQueuesAreNamed(_ broker: any JobBroker) async throws {
        let missing = try await broker.missing(queues: ["test.nowhere", "test.greetings", "test.neither"])
        try require(missing.sorted(), is: ["test.neither", "test.nowhere"])
    }

    static func ackedIsForgotten(_ broker: any JobBroker) async throws {
        let first = Tap(broker, "test.greetings")
        try await broker.publish(JobEnvelope(Greet("acked")))
        try await first.next().ack()
        await first.close()
        try await broker.publish(JobEnvelope(Greet("second")))
        let second = Tap(broker, "test.greetings")
        try require(try await second.next().text, is: "second")
        await second.close()
    }

    static func unsettledIsHandedOutAgain(_ broker: any JobBroker) async throws {
        let first = Tap(broker, "test.greetings")
        try await broker.publish(JobEnvelope(Greet("unsettled")))
        let lost = try await first.next()
        await first.close()
        try require(lost.isLost, "a delivery of a closed connection does not know that it is lost")
        // Settling what is lost does nothing, neither now nor to the next consumer's deliveries.
        lost.ack()
        let second = Tap(broker, "test.greetings")
        let again = try await second.next()
        try require(again.text, is: "unsettled")
        try require(again.deliveryCount, is: 1)
        try require(!again.isLost, "a live delivery claims to be lost")
        again.ack()
        await second.close()
    }

    static func requeuedIsHandedOutAgain(_ broker: any JobBroker) async throws {
        let tap = Tap(broker, "test.greetings")
        try await broker.publish(JobEnvelope(Greet("requeued")))
        let first = try await tap.next()
        first.requeue()
        let again = try await tap.next()
        try require(again.envelope.id, is: first.envelope.id)
        try require(again.deliveryCount, is: 1)
        again.ack()
        await tap.close()
    }

    static func prefetchLimitsWhatIsOut(_ broker: any JobBroker) async throws {
        for number in 1...4 { try await broker.publish(JobEnvelope(Greet("\(number)"))) }
        let tap = Tap(broker, "test.greetings", prefetch: 2)
        let first = try await tap.next()
        _ = try await tap.next()
        try require(tap.deliveries.count, is: 0)
        first.ack()
        let third = try await tap.next()
        try require(third.text, is: "3")
        try require(tap.deliveries.count, is: 0)
        await tap.close()
    }

    static func stoppedConsumerCanStillSettle(_ broker: any JobBroker) async throws {
        let first = Tap(broker, "test.greetings")
        try await broker.publish(JobEnvelope(Greet("before")))
        let delivery = try await first.next()
        await first.consumer.stopConsuming()
        try await broker.publish(JobEnvelope(Greet("after")))
        delivery.ack()
        await first.close()
        try require(first.deliveries.count, is: 0)
        let second = Tap(broker, "test.greetings")
        try require(try await second.next().text, is: "after")
        await second.close()
    }

    static func pausedConsumerGetsNothingAndSettles(_ broker: any JobBroker) async throws {
        let paused = Tap(broker, "test.greetings")
        try await broker.publish(JobEnvelope(Greet("held")))
        let held = try await paused.next()
        try await broker.publish(JobEnvelope(Greet("prefetched")))
        let prefetched = try await paused.next()
        await paused.consumer.pause()
        await paused.consumer.pause()
        // Another consumer gets what comes, although the paused one has room.
        let other = Tap(broker, "test.greetings")
        for number in 1...4 { try await broker.publish(JobEnvelope(Greet("\(number)"))) }
        for number in 1...4 {
            let delivery = try await other.next()
            try require(delivery.text, is: "\(number)")
            delivery.ack()
        }
        held.ack()
        await paused.consumer.flush()
        await other.consumer.flush()
        try require(paused.deliveries.count, is: 0)
        await other.close()
        await paused.consumer.resume()
        try await broker.publish(JobEnvelope(Greet("resumed")))
        let resumed = try await paused.next()
        try require(resumed.text, is: "resumed")
        prefetched.ack()
        resumed.ack()
        await paused.close()
        try await leavesNothing(broker)
    }

    static func pausedBeforeItRunsIsPaused(_ broker: any JobBroker) async throws {
        let consumer = broker.consumer(of: "test.greetings", prefetch: 10)
        await consumer.pause()
        let paused = Tap(consumer)
        try await broker.publish(JobEnvelope(Greet("for another")))
        let other = Tap(broker, "test.greetings")
        let delivery = try await other.next()
        try require(delivery.text, is: "for another")
        delivery.ack()
        await other.close()
        try require(paused.deliveries.count, is: 0)
        await paused.consumer.resume()
        try await broker.publish(JobEnvelope(Greet("resumed")))
        let resumed = try await paused.next()
        try require(resumed.text, is: "resumed")
        resumed.ack()
        await paused.close()
        try await leavesNothing(broker)
    }

    /// A quorum queue counts what it takes back from a subscription that ends as a delivery that failed.
    static func pausingAgainAndAgainRedeliversNothing(_ broker: any JobBroker) async throws {
        let jobs = 2_000
        for number in 1...jobs { try await broker.publish(JobEnvelope(Greet("\(number)"))) }
        let consumer = broker.consumer(of: "test.greetings", prefetch: 20)
        let deliveries = Mailbox<JobDelivery>()
        let running = Task { try await consumer.run { deliveries.put($0) } }
        var seen: Set<String> = []
        var again = 0
        while seen.count < jobs {
            let delivery = try await deliveries.next()
            again += delivery.deliveryCount
            seen.insert(delivery.envelope.id)
            // One stays out over the next pause, and is settled while the subscription is another.
            if seen.count % 100 == 0 {
                await consumer.pause()
                await consumer.resume()
            }
            delivery.ack()
        }
        await consumer.flush()
        running.cancel()
        _ = await running.result
        try require(again, is: 0)
        try require(deliveries.count, is: 0)
    }

    /// Whoever comes next gets what is published next, and nothing else.
    private static func leavesNothing(_ broker: any JobBroker) async throws {
        try await broker.publish(JobEnvelope(Greet("last")))
        let tap = Tap(broker, "test.greetings")
        let last = try await tap.next()
        try require(last.text, is: "last")
        try require(last.deliveryCount, is: 0)
        last.ack()
        await tap.close()
    }

    static func rungReturnsTheJob(_ broker: any JobBroker) async throws {
        let tap = Tap(broker, "test.greetings")
        // Twice the same way: a message that kept the marks of its first round would be dropped as going in a circle.
        var envelope = try JobEnvelope(Greet("round"))
        for attempt in 2...3 {
            envelope.attempt = attempt
            try await broker.send(envelope, toQueue: "test.greetings.retry.1s")
            let delivery = try await tap.next()
            try require(delivery.envelope.attempt, is: attempt)
            try require(delivery.envelope.id, is: envelope.id)
            try require(delivery.envelope.routingKey, is: "test.greet")
            try require(delivery.envelope.headers, is: [:])
            envelope = delivery.envelope
            delivery.ack()
        }
        await tap.close()
    }

    static func deliveryLimitDeadLetters(_ broker: any JobBroker) async throws {
        let dead = Tap(broker, "test.greetings.dead")
        let tap = Tap(broker, "test.greetings")
        try await broker.publish(JobEnvelope(Greet("poison")))
        for count in 0...3 {
            let delivery = try await tap.next()
            try require(delivery.deliveryCount, is: count)
            delivery.requeue()
        }
        let letter = try await dead.next()
        try require(letter.text, is: "poison")
        try require(DeadLetter(letter.envelope) == nil, "a dead letter of the broker's own claims a reason of ours")
        letter.ack()
        await tap.close()
        await dead.close()
    }
}

extension JobDelivery {
    /// The text of the greeting that it carries.
    var text: String? {
        (try? JSONDecoder().decode(Greet.self, from: Data(envelope.body)))?.text
    }
}
