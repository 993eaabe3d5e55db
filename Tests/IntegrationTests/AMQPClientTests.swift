import AMQP
import Foundation
import TestSupport
import Testing
import Threading

@Suite struct AMQPClientTests {
    private func message(_ text: String) -> AMQPMessage {
        var properties = AMQPProperties()
        properties.deliveryMode = 2
        properties.headers = ["x-n": 7]
        return AMQPMessage(body: Array(text.utf8), properties: properties)
    }

    /// Runs `body` with a connected publisher.
    private func withPublisher(
        _ configuration: AMQPConfiguration,
        _ body: (AMQPPublisher) async throws -> Void
    ) async throws {
        let publisher = AMQPPublisher(configuration)
        let running = Task { try await publisher.run() }
        try await eventually("the publisher connects") { publisher.isConnected }
        try await body(publisher)
        running.cancel()
        _ = await running.result
    }

    @Test func confirmedMessagesArriveWhole() async throws {
        try await withTestBroker { broker in
            let session = try await broker.session()
            try await session.declareQueue("q", arguments: ["x-queue-type": "quorum"])
            try await withPublisher(broker.configuration) { publisher in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for n in 0..<1_000 {
                        group.addTask { try await publisher.publish(message("m\(n)"), exchange: "", routingKey: "q") }
                    }
                    try await group.waitForAll()
                }
            }
            var bodies: Set<String> = []
            while let delivery = try await session.get("q", acknowledges: true) {
                bodies.insert(String(decoding: delivery.message.body, as: UTF8.self))
                #expect(delivery.message.properties.headers["x-n"] == 7)
                #expect(delivery.message.properties.messageID != nil)
            }
            #expect(bodies == Set((0..<1_000).map { "m\($0)" }))
            await session.close()
        }
    }

    @Test func anUnroutableMessageIsReported() async throws {
        try await withTestBroker { broker in
            let session = try await broker.session()
            try await session.declareQueue("q")
            await session.close()
            try await withPublisher(broker.configuration) { publisher in
                await withTaskGroup(of: Bool.self) { group in
                    for n in 0..<100 {
                        group.addTask {
                            let key = n % 2 == 0 ? "q" : "nowhere"
                            do throws(AMQPError) {
                                try await publisher.publish(message("x"), exchange: "", routingKey: key)
                                return key == "q"
                            } catch {
                                guard case .unroutable = error.code else { return false }
                                return key == "nowhere"
                            }
                        }
                    }
                    for await isRight in group { #expect(isRight) }
                }
            }
        }
    }

    @Test func withoutAConnectionPublishingFailsAtOnce() async throws {
        let publisher = AMQPPublisher(try AMQPConfiguration(url: "amqp://127.0.0.1:1"))
        let error = await #expect(throws: AMQPError.self) {
            try await publisher.publish(message("x"), exchange: "", routingKey: "q")
        }
        #expect(error?.code == .connectionLost)
    }

    @Test func deliveriesAreSettled() async throws {
        try await withTestBroker { broker in
            let session = try await broker.session()
            try await session.declareQueue("q", arguments: ["x-queue-type": "quorum"])
            for n in 0..<500 { try await session.publish(message("\(n)"), exchange: "", routingKey: "q") }
            let consumer = AMQPConsumer(try broker.configuration, queue: "q", prefetch: 50)
            let seen = Lock<[String: Int]>([:])
            let running = Task {
                try await consumer.run { delivery in
                    let text = String(decoding: delivery.message.body, as: UTF8.self)
                    let times = seen.withLock { seen in
                        seen[text, default: 0] += 1
                        return seen[text, default: 0]
                    }
                    // Every tenth one goes back once, and comes again.
                    if text.hasSuffix("0"), times == 1 {
                        consumer.reject(delivery, requeue: true)
                    } else {
                        consumer.ack(delivery)
                    }
                }
            }
            try await eventually("all are seen") { seen.withLock { $0.values.reduce(0, +) } == 550 }
            await consumer.stopConsuming()
            await consumer.flush()
            running.cancel()
            _ = await running.result
            #expect(seen.withLock { $0.count } == 500)
            #expect(try await session.get("q") == nil)
            await session.close()
        }
    }

    @Test func aClosedConnectionIsRecoveredOnBothSides() async throws {
        try await withTestBroker { broker in
            let session = try await broker.session()
            try await session.declareQueue("q", arguments: ["x-queue-type": "quorum"])
            await session.close()
            let consumer = AMQPConsumer(try broker.configuration, queue: "q", prefetch: 10)
            let deliveries = Lock<[AMQPDelivery]>([])
            let consuming = Task { try await consumer.run { delivery in deliveries.withLock { $0.append(delivery) } } }
            try await withPublisher(broker.configuration) { publisher in
                try await publisher.publish(message("first"), exchange: "", routingKey: "q")
                try await eventually("the first comes") { deliveries.withLock { $0.count } == 1 }
                try await eventually("the broker knows both connections") { try broker.closeConnections() >= 2 }
                try await eventually("it comes again") { deliveries.withLock { $0.count } >= 2 }
                let again = deliveries.withLock { $0[1] }
                #expect(again.redelivered && again.generation > deliveries.withLock { $0[0] }.generation)
                consumer.ack(deliveries.withLock { $0[0] })
                consumer.ack(again)
                await consumer.flush()
                try await eventually("the publisher is back") { publisher.isConnected }
                try await publisher.publish(message("second"), exchange: "", routingKey: "q")
                try await eventually("the second comes") {
                    deliveries.withLock { $0.contains { $0.message.body == Array("second".utf8) } }
                }
            }
            consuming.cancel()
            _ = await consuming.result
        }
    }

    @Test func aDeletedQueueIsNoticedAndConsumedAgain() async throws {
        try await withTestBroker { broker in
            let session = try await broker.session()
            try await session.declareQueue("q")
            let events = Lock<[AMQPEvent]>([])
            let consumer = AMQPConsumer(try broker.configuration, queue: "q", prefetch: 1) { event in
                events.withLock { $0.append(event) }
            }
            let bodies = Lock<[String]>([])
            let consuming = Task {
                try await consumer.run { delivery in
                    bodies.withLock { $0.append(String(decoding: delivery.message.body, as: UTF8.self)) }
                    consumer.ack(delivery)
                }
            }
            try await session.publish(message("one"), exchange: "", routingKey: "q")
            try await eventually("one comes") { bodies.withLock { $0 } == ["one"] }
            try await session.deleteQueue("q")
            try await eventually("the end of the subscription is noticed") {
                events.withLock { $0.contains(.consumerCancelled(queue: "q")) }
            }
            try await session.declareQueue("q")
            try await session.publish(message("two"), exchange: "", routingKey: "q")
            try await eventually("two comes") { bodies.withLock { $0 } == ["one", "two"] }
            consuming.cancel()
            _ = await consuming.result
            await session.close()
        }
    }

    @Test func heartbeatsBeatWhileAHandlerIsBusy() async throws {
        try await withTestBroker { broker in
            let session = try await broker.session()
            try await session.declareQueue("q")
            let configuration = try AMQPConfiguration(url: broker.url + "?heartbeat=1")
            let events = Lock<[AMQPEvent]>([])
            let consumer = AMQPConsumer(configuration, queue: "q", prefetch: 1) { event in
                events.withLock { $0.append(event) }
            }
            let isDone = Lock(false)
            let consuming = Task {
                try await consumer.run { delivery in
                    Task.detached {
                        // Spins over four heartbeats, as a handler that never awaits would.
                        let end = ContinuousClock.now + .seconds(4)
                        while ContinuousClock.now < end {}
                        consumer.ack(delivery)
                        await consumer.flush()
                        isDone.withLock { $0 = true }
                    }
                }
            }
            try await session.publish(message("work"), exchange: "", routingKey: "q")
            try await eventually("the handler ends") { isDone.withLock { $0 } }
            #expect(events.withLock { $0 } == [.connected])
            consuming.cancel()
            _ = await consuming.result
            #expect(try await session.get("q") == nil)
            await session.close()
        }
    }

    @Test func aWrongPasswordIsNamed() async throws {
        let url = try TestEnvironment.value("TEST_AMQP_URL")
        let wrong = try TestEnvironment.url(url, database: "%2F", user: "nobody", password: "secret")
        let error = await #expect(throws: AMQPError.self) { try await AMQPSession(AMQPConfiguration(url: wrong)) }
        #expect(error?.code == .authentication)
        #expect(error?.message.contains("secret") == false)
    }

    @Test func theProbeNamesWhatIsMissing() async throws {
        try await withTestBroker { broker in
            let session = try await broker.session()
            try await session.declareQueue("here")
            let missing = try await AMQPProbe.missing(
                broker.configuration,
                queues: ["gone", "here", "away"],
                exchanges: ["amq.topic", "wharf.jobs"]
            )
            #expect(missing == ["wharf.jobs", "gone", "away"])
            await session.close()
        }
    }
}
