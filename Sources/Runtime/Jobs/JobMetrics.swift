import Observability
import Threading

/// The numbers of one queue's worker.
struct JobMetrics: Sendable {
    private let queue: String
    private let registry: MetricsRegistry
    /// By job and outcome: the registry's own lookup renders label dictionaries, which is too slow for each job.
    private let processed = Lock<[String: Counter]>([:])
    private let durations = Lock<[String: Histogram]>([:])
    let waited: Histogram
    let inFlight: Gauge
    let stuck: Gauge
    let unmoved: Counter
    let givenBack: Counter
    let age: QueueAge

    init(queue: String, registry: MetricsRegistry) {
        self.queue = queue
        self.registry = registry
        waited = registry.histogram(
            "job_wait_seconds",
            help: "Seconds from a job's being due to the start of its first run.",
            buckets: [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300, 1_800, 7_200],
            labels: ["queue": queue]
        )
        inFlight = registry.gauge(
            "jobs_in_flight",
            help: "Jobs that are being run.",
            labels: ["queue": queue]
        )
        stuck = registry.gauge(
            "jobs_stuck",
            help: "Runs that go on well past their deadline although they were cancelled.",
            labels: ["queue": queue]
        )
        unmoved = registry.counter(
            "job_moves_failed_total",
            help: "Tries to move a job to a retry, suspect or dead-letter queue that the broker did not confirm.",
            labels: ["queue": queue]
        )
        age = QueueAge(queue: queue, metrics: registry)
        givenBack = registry.counter(
            "jobs_given_back_total",
            help: "Jobs put back into their queue before they were started, because the worker stopped taking jobs.",
            labels: ["queue": queue]
        )
        registry.declare("jobs_processed_total", help: Self.processedHelp, kind: .counter)
        registry.declare("job_duration_seconds", help: Self.durationHelp, kind: .histogram)
        // From zero on, so that the first death is seen as a rise.
        for cause in DeathCause.allCases { dead(cause).increment(by: 0) }
    }

    /// - Parameter prefetch: what the worker may hold unsettled of this queue, which may be the urgent one.
    func setPrefetch(_ prefetch: Int, of queue: String) {
        registry.gauge(
            "jobs_prefetch",
            help: "Messages that the broker may have handed out to this worker unsettled.",
            labels: ["queue": queue]
        ).set(prefetch)
    }

    func setConcurrency(_ concurrency: Int) {
        registry.gauge(
            "jobs_concurrency",
            help: "Runs that this worker has in flight at most.",
            labels: ["queue": queue]
        ).set(concurrency)
    }

    func count(_ job: String, outcome: String) {
        processed.withLock { counters in
            let key = "\(job) \(outcome)"
            if let counter = counters[key] { return counter }
            let counter = registry.counter(
                "jobs_processed_total",
                help: Self.processedHelp,
                labels: ["queue": queue, "job": job, "outcome": outcome]
            )
            counters[key] = counter
            return counter
        }.increment()
    }

    func observe(_ job: String, took duration: Duration) {
        durations.withLock { histograms in
            if let histogram = histograms[job] { return histogram }
            let histogram = registry.histogram(
                "job_duration_seconds",
                help: Self.durationHelp,
                labels: ["queue": queue, "job": job]
            )
            histograms[job] = histogram
            return histogram
        }.observe(duration)
    }

    func countDead(_ cause: DeathCause) { dead(cause).increment() }

    private func dead(_ cause: DeathCause) -> Counter {
        registry.counter(
            "jobs_dead_total",
            help: "Jobs moved to the dead letters, by why.",
            labels: ["queue": queue, "reason": cause.rawValue]
        )
    }

    private static let processedHelp = "Jobs run, by what became of them."
    private static let durationHelp = "Seconds that a run took: one job's, or one batch's."
}
