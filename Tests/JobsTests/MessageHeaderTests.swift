import Foundation
import Testing

@testable import Jobs

@Suite struct MessageHeaderTests {
    private func read(
        id: String? = "m",
        type: String? = "a.b",
        timestamp: Date? = nil,
        routingKey: String = "a.b",
        _ headers: [String: String] = [:]
    ) -> JobEnvelope {
        JobEnvelope(
            messageID: id,
            type: type,
            body: [],
            timestamp: timestamp,
            routingKey: routingKey,
            correlationID: nil,
            messageHeaders: headers
        )
    }

    @Test func theBrokersOwnHeadersNeverTravelOn() {
        let envelope = read([
            "x-death": "…", "x-first-death-queue": "q", "x-first-death-reason": "expired", "x-delivery-count": "2",
            "x-mine": "1",
        ])
        #expect(envelope.headers == ["x-mine": "1"])
        let written = envelope.messageHeaders.keys.filter { $0.contains("death") || $0.contains("delivery") }
        #expect(written.isEmpty)
    }

    @Test func aMessageWithNothingStillBecomesAnEnvelope() {
        let envelope = read(id: nil, type: nil, routingKey: "whatever")
        #expect(UUIDv7(envelope.id) != nil)
        #expect(envelope.name == "whatever")
        #expect(envelope.attempt == 1)
    }

    @Test(arguments: ["0", "-3", "many", "99999999999999999999"])
    func anAbsurdAttemptIsTheFirst(_ text: String) { #expect(read(["x-wharf-attempt": text]).attempt == 1) }

    @Test func theOriginalRoutingKeySurvivesTheRung() {
        let envelope = JobEnvelope(id: "1", name: "a.b", body: [], routingKey: "eu.a.b")
        #expect(read(routingKey: "q", envelope.messageHeaders).routingKey == "eu.a.b")
        #expect(read(routingKey: "q").routingKey == "a.b")
    }

    @Test func millisecondsComeFromTheIdOfTheSameSecond() throws {
        let id = UUIDv7()
        let made = id.timestamp
        let second = Date(timeIntervalSince1970: made.timeIntervalSince1970.rounded(.down))
        #expect(read(id: id.description, timestamp: second).enqueuedAt == made)
        // A delayed job was made long before it was due.
        #expect(read(id: id.description, timestamp: second + 600).enqueuedAt == second + 600)
        #expect(read(timestamp: second).enqueuedAt == second)
    }
}
