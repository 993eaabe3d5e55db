import AMQP
import Foundation
import TestSupport
import Testing
import Threading

/// What the client does when the broker, or the network before it, misbehaves.
@Suite struct AMQPFaultTests {
    private func message(_ text: String) -> AMQPMessage {
        AMQPMessage(body: Array(text.utf8))
    }

    /// Runs `body` with a queue `q`, and a publisher that reaches the broker through a proxy.
    private func withProxiedPublisher(
        window: Int = 512,
        confirmTimeout: Duration = .seconds(10),
        query: String = "",
        _ body: (TestBroker, MisbehavingProxy, AMQPPublisher, Lock<[AMQPEvent]>) async throws -> Void
    ) async throws {
        try await withTestBroker { broker in
            let session = try await broker.session()
            try await session.declareQueue("q")
            await session.close()
            let proxy = try MisbehavingProxy(to: broker.port)
            let events = Lock<[AMQPEvent]>([])
            let publisher = AMQPPublisher(
                try broker.configuration(port: proxy.port, query: query),
                window: window,
                confirmTimeout: confirmTimeout
            ) { event in
                events.withLock { $0.append(event) }
            }
            let running = Task { try await publisher.run() }
            try await eventually("the publisher connects") { publisher.isConnected }
            try await body(broker, proxy, publisher, events)
            running.cancel()
            proxy.close()
            _ = await running.result
        }
    }

    private func publish(_ count: Int, by publisher: AMQPPublisher) -> [Task<AMQPError.Code?, Never>] {
        (0..<count).map { n in
            Task {
                do throws(AMQPError) {
                    try await publisher.publish(AMQPMessage(body: Array("m\(n)".utf8)), exchange: "", routingKey: "q")
                    return nil
                } catch {
                    return error.code
                }
            }
        }
    }

    @Test func whatIsOutstandingFailsWithTheConnection() async throws {
        try await withProxiedPublisher(window: 20) { _, proxy, publisher, events in
            proxy.freeze(true)
            let first = publish(1, by: publisher)
            // More than the window holds: those that were never sent fail as well.
            let rest = publish(50, by: publisher)
            proxy.hangUp()
            for task in first + rest { #expect(await task.value == .connectionLost) }
            proxy.freeze(false)
            try await eventually("the publisher is back") { publisher.isConnected }
            try await publisher.publish(message("again"), exchange: "", routingKey: "q")
            #expect(
                events.withLock { $0.contains { if case .reconnecting(attempt: 1, _) = $0 { true } else { false } } }
            )
        }
    }

    @Test func aWriteThatNobodyReadsEndsTheConnection() async throws {
        try await withProxiedPublisher(query: "heartbeat=0") { _, proxy, publisher, events in
            proxy.freeze(true)
            let large = AMQPMessage(body: [UInt8](repeating: 65, count: 32_000_000))
            let error = await #expect(throws: AMQPError.self) {
                try await publisher.publish(large, exchange: "", routingKey: "q")
            }
            #expect(error?.code == .connectionLost)
            proxy.freeze(false)
            try await eventually("the publisher is back") { publisher.isConnected }
            try await publisher.publish(message("small"), exchange: "", routingKey: "q")
            #expect(events.withLock { $0.filter { $0 == .connected }.count } == 2)
        }
    }

    @Test func whatNobodyConfirmsEndsTheConnection() async throws {
        try await withProxiedPublisher(confirmTimeout: .seconds(2)) { _, proxy, publisher, events in
            try await publisher.publish(message("before"), exchange: "", routingKey: "q")
            proxy.freeze(true)
            for task in publish(3, by: publisher) { #expect(await task.value == .connectionLost) }
            // Callers are answered first.
            try await eventually("it is said why") {
                events.withLock { $0.contains { if case .disconnected(.unconfirmed, _) = $0 { true } else { false } } }
            }
            proxy.freeze(false)
            try await eventually("the publisher is back") { publisher.isConnected }
            try await publisher.publish(message("after"), exchange: "", routingKey: "q")
        }
    }

    /// A queue that is full stands for one that has lost its leader: its messages are refused, and others are taken.
    @Test func whatIsRefusedForGoodEndsTheConnection() async throws {
        try await withProxiedPublisher(confirmTimeout: .seconds(2)) { broker, _, publisher, events in
            let session = try await broker.session()
            try await session.declareQueue(
                "full",
                arguments: ["x-queue-type": "quorum", "x-max-length": 1, "x-overflow": "reject-publish"]
            )
            try await eventually("it is connected anew", within: .seconds(60)) {
                for queue in ["full", "q"] {
                    try? await publisher.publish(message("more"), exchange: "", routingKey: queue)
                }
                return events.withLock { events in
                    events.contains { if case .disconnected(.unconfirmed, _) = $0 { true } else { false } }
                        && events.filter { $0 == .connected }.count > 1
                }
            }
            _ = try await session.purgeQueue("full")
            try await eventually("it takes messages again") {
                (try? await publisher.publish(message("last"), exchange: "", routingKey: "full")) != nil
            }
            await session.close()
        }
    }

    @Test func aBlockedBrokerIsNotSentAnything() async throws {
        try await withProxiedPublisher { _, proxy, publisher, events in
            // connection.blocked "low on disk" and connection.unblocked (class 10, methods 60 and 61) on channel 0.
            let reason = Array("low on disk".utf8)
            let blocked = [0, 10, 0, 60, UInt8(reason.count)] + reason
            proxy.inject([1, 0, 0, 0, 0, 0, UInt8(blocked.count)] + blocked + [0xCE])
            try await eventually("the client knows") {
                events.withLock { $0.contains(.blocked(reason: "low on disk")) }
            }
            let error = await #expect(throws: AMQPError.self) {
                try await publisher.publish(message("x"), exchange: "", routingKey: "q")
            }
            #expect(error?.code == .blocked)
            proxy.inject([1, 0, 0, 0, 0, 0, 4, 0, 10, 0, 61, 0xCE])
            try await eventually("the client knows") { events.withLock { $0.contains(.unblocked) } }
            try await publisher.publish(message("y"), exchange: "", routingKey: "q")
        }
    }

    @Test func whoeverPublishesIntoTheEndIsAnswered() async throws {
        try await withTestBroker { broker in
            let session = try await broker.session()
            try await session.declareQueue("q")
            let publisher = AMQPPublisher(try broker.configuration, window: 10)
            let running = Task { try await publisher.run() }
            try await eventually("the publisher connects") { publisher.isConnected }
            let before = publish(500, by: publisher)
            _ = await before[0].value
            running.cancel()
            let after = publish(500, by: publisher)
            var confirmed = 0
            for task in before + after {
                let code = await task.value
                #expect(code == nil || code == .closed)
                if code == nil { confirmed += 1 }
            }
            _ = await running.result
            let error = await #expect(throws: AMQPError.self) {
                try await publisher.publish(message("late"), exchange: "", routingKey: "q")
            }
            #expect(error?.code == .closed)
            #expect(try await session.purgeQueue("q") == confirmed)
            await session.close()
        }
    }

    @Test func stoppingHandsOutWhatWasOnItsWay() async throws {
        try await withTestBroker { broker in
            let session = try await broker.session()
            try await session.declareQueue("q", arguments: ["x-queue-type": "quorum"])
            for n in 0..<1_000 { try await session.publish(message("\(n)"), exchange: "", routingKey: "q") }
            let deliveries = Lock<[AMQPDelivery]>([])
            let consumer = AMQPConsumer(try broker.configuration, queue: "q", prefetch: 200)
            let consuming = Task { try await consumer.run { delivery in deliveries.withLock { $0.append(delivery) } } }
            try await eventually("deliveries come") { !deliveries.withLock { $0.isEmpty } }
            await consumer.stopConsuming()
            let delivered = deliveries.withLock { $0 }
            for delivery in delivered { consumer.ack(delivery) }
            await consumer.flush()
            consuming.cancel()
            _ = await consuming.result
            #expect(deliveries.withLock { $0.count } == delivered.count)
            // Nothing was acked that was not handed out, and nothing was handed out and given back.
            var left = 0
            while let delivery = try await session.get("q", acknowledges: true) {
                #expect(!delivery.redelivered)
                left += 1
            }
            #expect(left == 1_000 - delivered.count)
            await session.close()
        }
    }

    /// While deliveries and acks flow, some are always on their way; none of those may come back as redelivered.
    @Test func stoppingInFullFlowGivesNothingBack() async throws {
        try await withTestBroker { broker in
            let session = try await broker.session()
            try await session.declareQueue("q", arguments: ["x-queue-type": "quorum"])
            try await fill(broker, count: 10_000)
            let (seen, redelivered) = (Lock(0), Lock(0))
            for round in 1...8 {
                let consumer = AMQPConsumer(try broker.configuration, queue: "q", prefetch: 32)
                let consuming = Task {
                    try await consumer.run { delivery in
                        seen.withLock { $0 += 1 }
                        if delivery.redelivered { redelivered.withLock { $0 += 1 } }
                        consumer.ack(delivery)
                    }
                }
                try await eventually("deliveries flow") { seen.withLock { $0 } >= round * 500 }
                await consumer.stopConsuming()
                await consumer.flush()
                consuming.cancel()
                _ = await consuming.result
            }
            var left = 0
            while let delivery = try await session.get("q", acknowledges: true) {
                if delivery.redelivered { redelivered.withLock { $0 += 1 } }
                left += 1
            }
            #expect(redelivered.withLock { $0 } == 0)
            #expect(seen.withLock { $0 } + left == 10_000)
            await session.close()
        }
    }

    private func fill(_ broker: TestBroker, count: Int) async throws {
        let publisher = AMQPPublisher(try broker.configuration)
        let running = Task { try await publisher.run() }
        try await eventually("the publisher connects") { publisher.isConnected }
        for task in publish(count, by: publisher) { #expect(await task.value == nil) }
        running.cancel()
        _ = await running.result
    }

    @Test func anAckMadeBeforeTheEndIsWritten() async throws {
        try await withTestBroker { broker in
            let session = try await broker.session()
            try await session.declareQueue("q")
            try await session.publish(message("x"), exchange: "", routingKey: "q")
            let consumer = AMQPConsumer(try broker.configuration, queue: "q", prefetch: 1)
            let delivered = Lock<AMQPDelivery?>(nil)
            let consuming = Task { try await consumer.run { delivery in delivered.withLock { $0 = delivery } } }
            try await eventually("it comes") { delivered.withLock { $0 != nil } }
            if let delivery = delivered.withLock({ $0 }) { consumer.ack(delivery) }
            consuming.cancel()
            _ = await consuming.result
            #expect(try await session.get("q") == nil)
            await session.close()
        }
    }

    @Test func aMessageThatNoFrameHoldsIsRefusedAlone() async throws {
        try await withProxiedPublisher { _, _, publisher, events in
            var properties = AMQPProperties()
            properties.messageID = String(repeating: "x", count: 256)
            let long = AMQPMessage(body: [], properties: properties)
            var error = await #expect(throws: AMQPError.self) {
                try await publisher.publish(long, exchange: "", routingKey: "q")
            }
            #expect(error?.code == .invalidMessage)
            properties.messageID = nil
            properties.headers = ["big": .bytes([UInt8](repeating: 0, count: 140_000))]
            let big = AMQPMessage(body: [], properties: properties)
            error = await #expect(throws: AMQPError.self) {
                try await publisher.publish(big, exchange: "", routingKey: "q")
            }
            #expect(error?.code == .invalidMessage)
            properties.headers = ["fits": .bytes([UInt8](repeating: 0, count: 120_000))]
            try await publisher.publish(AMQPMessage(body: [], properties: properties), exchange: "", routingKey: "q")
            #expect(events.withLock { $0 } == [.connected])
        }
    }

    @Test func aBodyOfManyFramesArrivesWhole() async throws {
        try await withProxiedPublisher { broker, _, publisher, _ in
            let body = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            try await publisher.publish(AMQPMessage(body: body), exchange: "", routingKey: "q")
            let consumer = AMQPConsumer(try broker.configuration, queue: "q", prefetch: 1)
            let received = Lock<[UInt8]>([])
            let consuming = Task {
                try await consumer.run { delivery in received.withLock { $0 = delivery.message.body } }
            }
            try await eventually("it comes") { !received.withLock { $0.isEmpty } }
            #expect(received.withLock { $0 == body })
            consuming.cancel()
            _ = await consuming.result
        }
    }
}

@Suite struct AMQPTLSTests {
    @Test func messagesGoBothWaysOverTLS() async throws {
        try await withTestBroker { broker in
            let front = try TLSFront(to: broker.port)
            defer { front.close() }
            let configuration = try broker.configuration(
                host: "localhost",
                port: front.port,
                scheme: "amqps",
                query: "cacertfile=\(front.certificateFile)"
            )
            let session = try await AMQPSession(configuration)
            try await session.declareQueue("q")
            let publisher = AMQPPublisher(configuration)
            let publishing = Task { try await publisher.run() }
            try await eventually("the publisher connects") { publisher.isConnected }
            let consumer = AMQPConsumer(configuration, queue: "q", prefetch: 300)
            let sizes = Lock(0)
            let consuming = Task {
                try await consumer.run { delivery in
                    sizes.withLock { $0 += delivery.message.body.count }
                    consumer.ack(delivery)
                }
            }
            // Larger than a TLS record, so that one read leaves bytes behind in OpenSSL.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<200 {
                    group.addTask {
                        let body = [UInt8](repeating: 7, count: 40_000)
                        try await publisher.publish(AMQPMessage(body: body), exchange: "", routingKey: "q")
                    }
                }
                try await group.waitForAll()
            }
            try await eventually("all come") { sizes.withLock { $0 } == 200 * 40_000 }
            await consumer.flush()
            publishing.cancel()
            consuming.cancel()
            _ = await publishing.result
            _ = await consuming.result
            #expect(try await session.get("q") == nil)
            await session.close()
        }
    }

    @Test func aCertificateThatIsNotTrustedOrAnotherHostsIsRefused() async throws {
        try await withTestBroker { broker in
            let front = try TLSFront(to: broker.port)
            defer { front.close() }
            let untrusted = try broker.configuration(host: "localhost", port: front.port, scheme: "amqps")
            let otherHost = try broker.configuration(
                host: "127.0.0.1",
                port: front.port,
                scheme: "amqps",
                query: "cacertfile=\(front.certificateFile)"
            )
            for configuration in [untrusted, otherHost] {
                let error = await #expect(throws: AMQPError.self) { try await AMQPSession(configuration) }
                #expect(error?.code == .connectFailed)
            }
        }
    }
}
