import AMQP
import Foundation
import Jobs
import Testing

@testable import DeadLetters

@Suite struct BrokerDeathTests {
    private let time = Date(timeIntervalSince1970: 1_700_000_000)

    private func death(_ reason: String, in queue: String, key: String = "order.process") -> AMQPValue {
        .table([
            "reason": .string(reason), "queue": .string(queue), "time": .timestamp(time), "count": 1, "exchange": "",
            "routing-keys": .array([.string(key)]),
        ])
    }

    private func entry(
        _ headers: [String: AMQPValue],
        type: String? = "order.process",
        id: String? = "m"
    ) -> DeadLetterEntry {
        var properties = AMQPProperties()
        properties.headers = headers
        properties.type = type
        properties.messageID = id
        let delivery = AMQPDelivery(
            message: AMQPMessage(body: [], properties: properties),
            deliveryTag: 1,
            generation: 0,
            redelivered: false,
            exchange: "",
            routingKey: "order.process.dead",
            queue: "order.process.dead"
        )
        return DeadLetterEntry(delivery, deliveryLimits: ["order.process.suspect": 5])
    }

    @Test(arguments: [
        (
            "delivery_limit", "order.process.suspect",
            "killed its worker 6 times: delivery limit of order.process.suspect",
            "DeliveryLimit"
        ),
        ("delivery_limit", "q", "killed its worker again and again: delivery limit of q", "DeliveryLimit"),
        ("expired", "q", "expired in q", "Expired"),
        ("rejected", "q", "rejected by a consumer of q", "Rejected"),
        ("maxlen", "q", "pushed out of q, which was full", "MaxLength"),
        ("new_one", "q", "taken out of q by the broker: new_one", "new_one"),
    ])
    func theBrokersReasonsAreWords(reason: String, queue: String, sentence: String, errorType: String) {
        let entry = entry(["x-death": .array([death(reason, in: queue), death("expired", in: "older")])])
        #expect(entry.letter.reason == sentence)
        #expect(entry.letter.errorType == errorType)
        #expect(entry.letter.lastFailureAt == time)
        #expect(entry.letter.firstFailureAt == time)
        #expect(entry.letter.worker.isEmpty)
        #expect(entry.letter.originalRoutingKey == "order.process")
        #expect(entry.deaths.map(\.queue) == [queue, "older"])
    }

    @Test func whatAWorkerWroteCountsMore() {
        let entry = entry(["x-wharf-reason": "no stock", "x-death": .array([death("expired", in: "q")])])
        #expect(entry.letter.reason == "no stock")
        #expect(entry.deaths.count == 1)
    }

    @Test func whatAnEarlierFailureLeftIsKept() {
        let entry = entry([
            "x-death": .array([death("delivery_limit", in: "q")]), "x-wharf-attempt": 3,
            "x-wharf-first-failure-at": "2023-11-14T20:00:00.000Z",
        ])
        #expect(entry.letter.attempts == 3)
        #expect(entry.letter.firstFailureAt == time - 8_000)
    }

    /// A message of nobody's knows its way back only by the key that it first had.
    @Test func withoutATypeTheFirstKeyNamesTheJob() {
        let deaths: AMQPValue = .array([
            death("expired", in: "b", key: "b"), death("rejected", in: "a", key: "job.one"),
        ])
        let entry = entry(["x-death": deaths], type: nil, id: nil)
        #expect(entry.envelope.name == "job.one")
        #expect(entry.letter.originalRoutingKey == "job.one")
        #expect(entry.id == nil)
    }

    @Test(arguments: [
        AMQPValue.string("…"), .array(["…"]), .array([.table([:])]), .array([.table(["reason": 1, "queue": "q"])]),
        .null,
    ])
    func whatIsMalformedIsLeftOut(_ value: AMQPValue) {
        let entry = entry(["x-death": value])
        #expect(entry.deaths.isEmpty)
        #expect(entry.letter.errorType == "Unknown")
        #expect(entry.letter.reason.hasPrefix("put here by hand"))
    }
}
