import Jobs
import Observability

struct OutboxMetrics: Sendable {
    private let registry: MetricsRegistry
    let published: Counter
    let overflow: Counter

    init(_ registry: MetricsRegistry) {
        self.registry = registry
        published = registry.counter(
            "outbox_published_total",
            help: "Outbox rows that the broker has confirmed."
        )
        overflow = registry.counter(
            "outbox_overflow_total",
            help: "Outbox rows left to the relay because this process had too many waiting."
        )
        // From zero on, so that the first failure is seen as a rise.
        for code in JobPublishError.Code.allCases { failures(code).increment(by: 0) }
    }

    func countFailure(_ code: JobPublishError.Code) { failures(code).increment() }

    private func failures(_ code: JobPublishError.Code) -> Counter {
        registry.counter(
            "outbox_failures_total",
            help: "Publishes of outbox rows that were not confirmed, by why.",
            labels: ["kind": code.rawValue]
        )
    }
}
