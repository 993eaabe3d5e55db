import Foundation
import Jobs
import Testing

@testable import Outbox

@Suite struct OutboxHeadersTests {
    @Test func anEnvelopeSurvivesItsRow() throws {
        let envelope = JobEnvelope(
            id: UUIDv7().description,
            name: "a.b",
            body: Array(#"{"text":"hé \"quoted\""}"#.utf8),
            version: 4,
            attempt: 2,
            enqueuedAt: Date(timeIntervalSince1970: 1_700_000_000),
            routingKey: "eu.a.b",
            correlationID: "c",
            idempotencyKey: "k",
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            firstFailureAt: Date(timeIntervalSince1970: 1_600_000_000.5),
            headers: ["x-mine": "ö", "x-\"odd\"": "a\\b\nc\u{1}d\u{7f}/"]
        )
        let read = OutboxHeaders.decode(
            OutboxHeaders.encode(envelope),
            id: envelope.id,
            name: envelope.name,
            body: envelope.body,
            createdAt: Date()
        )
        #expect(read == envelope)
    }

    @Test func aRowWithForeignHeadersStillHasItsJob() {
        let read = OutboxHeaders.decode("[1, 2]", id: "1", name: "a.b", body: [1], createdAt: Date())
        #expect(read.name == "a.b")
        #expect(read.body == [1])
        #expect(read.attempt == 1)
    }
}
