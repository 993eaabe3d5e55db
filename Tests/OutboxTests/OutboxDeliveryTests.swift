import Jobs
import Observability
import Testing

@testable import Outbox

@Suite struct OutboxDeliveryTests {
    /// Answers by the job's name.
    private struct Publisher: JobPublisher {
        func send(_ envelope: JobEnvelope, toQueue queue: String) async throws(JobPublishError) {
            try await publish(envelope)
        }

        func publish(_ envelope: JobEnvelope) async throws(JobPublishError) {
            guard let code = JobPublishError.Code(rawValue: envelope.name) else { return }
            throw JobPublishError(code, "as told")
        }
    }

    private let metrics = MetricsRegistry()
    private var delivery: OutboxDelivery { .init(publisher: Publisher(), metrics: OutboxMetrics(metrics)) }

    private func envelope(_ id: Int, _ name: String) -> JobEnvelope { JobEnvelope(id: "\(id)", name: name, body: []) }

    @Test func onlyTheConfirmedMayGoAndOnlyTheRefusedWait() async {
        let result = await delivery.publish([
            envelope(1, "fine"), envelope(2, "unroutable"), envelope(3, "nacked"), envelope(4, "unavailable"),
            envelope(5, "fine"),
        ])
        #expect(result.confirmed.sorted() == ["1", "5"])
        #expect(result.failed.map(\.id).sorted() == ["2", "3"])
        #expect(result.failed.allSatisfy { $0.error.hasSuffix("as told") })
        // A broker out of reach says nothing about the job: its row must not change.
        #expect(result.unavailable == 1)
        #expect(result.queries(.none).count == 2)
        #expect(metrics.counter("outbox_published_total", help: "").value == 2)
        for kind in ["unroutable", "nacked", "unavailable"] {
            #expect(metrics.counter("outbox_failures_total", help: "", labels: ["kind": kind]).value == 1)
        }
    }

    @Test func aBrokerOutOfReachTouchesNoRow() async {
        let result = await delivery.publish([envelope(1, "unavailable"), envelope(2, "unavailable")])
        #expect(result.queries(.none).isEmpty)
    }
}
