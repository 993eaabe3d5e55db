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
    }

    func countFailure(_ code: JobPublishError.Code) {
        registry.counter(
            "outbox_failures_total",
            help: "Publishes of outbox rows that were not confirmed, by why.",
            labels: ["kind": code.rawValue]
        ).increment()
    }
}
