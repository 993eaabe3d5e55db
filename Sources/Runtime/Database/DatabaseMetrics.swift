import Observability
import Postgres

/// What the router counts.
struct DatabaseMetrics {
    private let readsOnReplicas: Counter
    private let readsOnPrimary: Counter
    private let retried: Counter
    private let registry: MetricsRegistry

    init(pools: [(name: String, pool: PostgresPool)], registry: MetricsRegistry = .shared) {
        self.registry = registry
        let help = "Reads by the kind of node that answered."
        readsOnReplicas = registry.counter("database_reads_total", help: help, labels: ["node": "replica"])
        readsOnPrimary = registry.counter("database_reads_total", help: help, labels: ["node": "primary"])
        retried = registry.counter(
            "database_transactions_retried_total",
            help: "Transactions run again after a serialization failure or a deadlock."
        )
        for (name, pool) in pools {
            let labels = ["node": name]
            registry.collect("database_pool_connections", help: "Open connections.") {
                [MetricSample(Double(pool.statistics.open), labels: labels)]
            }
            registry.collect("database_pool_waiting", help: "Callers that wait for a connection.") {
                [MetricSample(Double(pool.statistics.waiting), labels: labels)]
            }
            registry.collect("database_round_trips_total", help: "Network round trips.", kind: .counter) {
                [MetricSample(Double(pool.statistics.roundTrips), labels: labels)]
            }
            registry.collect(
                "database_statements_total",
                help: "Statements sent; BEGIN, COMMIT and ROLLBACK count like the others.",
                kind: .counter
            ) {
                [MetricSample(Double(pool.statistics.statements), labels: labels)]
            }
        }
    }

    func countRead(onReplica: Bool) { (onReplica ? readsOnReplicas : readsOnPrimary).increment() }
    func countRetriedTransaction() { retried.increment() }

    func setLag(_ index: Int, primary: PostgresLSN?, replayed: PostgresLSN?) {
        guard let primary, let replayed else { return }
        registry.gauge(
            "database_replica_lag_bytes",
            help: "Write-ahead log that the replica has not replayed yet.",
            labels: ["node": "replica\(index + 1)"]
        ).set(primary > replayed ? Double(primary.position - replayed.position) : 0)
    }
}
