import Observability
import Postgres

/// What the router counts.
struct DatabaseMetrics {
    private let readsOnReplicas: [Counter]
    private let readsOnPrimary: [ReplicaRouting.Reason: Counter]
    private let waits: Counter
    private let waited: Counter
    private let retried: Counter
    private let ejections: [Counter]
    private let promotions: Counter
    private let registry: MetricsRegistry

    init(primary: PostgresPool, replicas: [PostgresPool], registry: MetricsRegistry = .shared) {
        self.registry = registry
        let names = replicas.indices.map(Self.name)
        let help =
            "Reads by the node that answered, and why on the primary: asked for, replicas behind, none, or failed."
        readsOnReplicas = names.map { name in
            registry.counter("database_reads_total", help: help, labels: ["node": name, "reason": ""])
        }
        readsOnPrimary = Dictionary(
            uniqueKeysWithValues: ReplicaRouting.Reason.allCases.map { reason in
                let labels = ["node": "primary", "reason": reason.rawValue]
                return (reason, registry.counter("database_reads_total", help: help, labels: labels))
            }
        )
        waits = registry.counter(
            "database_read_waits_total",
            help: "Reads that waited for a replica to reach the position that they needed."
        )
        waited = registry.counter("database_read_wait_seconds_total", help: "How long these reads waited together.")
        retried = registry.counter(
            "database_transactions_retried_total",
            help: "Transactions run again after a serialization failure or a deadlock, or on another primary."
        )
        ejections = names.map { name in
            registry.counter(
                "database_replica_ejections_total",
                help: Self.ejectionsHelp,
                labels: ["node": name]
            )
        }
        promotions = registry.counter(
            "database_promotions_total",
            help: "How often a replica was seen to become the primary."
        )
        registry.declare("database_replica_serving", help: Self.servingHelp, kind: .gauge)
        registry.declare("database_replica_lag_bytes", help: Self.lagBytesHelp, kind: .gauge)
        registry.declare("database_replica_lag_seconds", help: Self.lagHelp, kind: .gauge)
        registry.declare("database_replica_ejections_total", help: Self.ejectionsHelp, kind: .counter)
        for (name, pool) in [("primary", primary)] + zip(names, replicas) { watch(pool, ["node": name]) }
    }

    private static let servingHelp = "1 while the replica serves reads."
    private static let lagBytesHelp = "Write-ahead log that the replica has not replayed yet."
    private static let lagHelp = "How old the replica's data is: 0 where nothing is missing."
    private static let ejectionsHelp = "How often a replica was put out of service."

    private static func name(_ index: Int) -> String { "replica\(index + 1)" }

    private func watch(_ pool: PostgresPool, _ labels: [String: String]) {
        registry.collect("database_pool_connections", help: "Open connections.") {
            [MetricSample(Double(pool.statistics.open), labels: labels)]
        }
        registry.collect("database_pool_waiting", help: "Callers that wait for a connection.") {
            [MetricSample(Double(pool.statistics.waiting), labels: labels)]
        }
        registry.collect("database_pool_in_use", help: "Connections that are lent to a caller.") {
            let statistics = pool.statistics
            return [MetricSample(Double(statistics.open - statistics.idle), labels: labels)]
        }
        registry.collect(
            "database_pool_waits_total",
            help: "Times that a caller had to wait for a connection because all were in use.",
            kind: .counter
        ) {
            [MetricSample(Double(pool.statistics.waits), labels: labels)]
        }
        registry.collect(
            "database_pool_wait_seconds_total",
            help: "How long these waits took together.",
            kind: .counter
        ) {
            [MetricSample(pool.statistics.acquireWait / .seconds(1), labels: labels)]
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

    func countRead(onReplica index: Int) { readsOnReplicas[index].increment() }
    func countRead(onPrimary reason: ReplicaRouting.Reason) { readsOnPrimary[reason]?.increment() }
    func countRetriedTransaction() { retried.increment() }
    func countEjection(_ index: Int) { ejections[index].increment() }
    func countPromotion() { promotions.increment() }

    func countWait(_ duration: Duration) {
        waits.increment()
        waited.increment(by: duration / .seconds(1))
    }

    func set(_ index: Int, isServing: Bool, _ lag: (bytes: UInt64, delay: Duration)?) {
        let labels = ["node": Self.name(index)]
        registry.gauge("database_replica_serving", help: Self.servingHelp, labels: labels)
            .set(isServing ? 1 : 0)
        guard let lag else { return }
        registry.gauge(
            "database_replica_lag_bytes",
            help: Self.lagBytesHelp,
            labels: labels
        ).set(Double(lag.bytes))
        registry.gauge(
            "database_replica_lag_seconds",
            help: Self.lagHelp,
            labels: labels
        ).set(lag.delay / .seconds(1))
    }
}
