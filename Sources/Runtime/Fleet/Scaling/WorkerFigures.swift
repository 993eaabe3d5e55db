/// What one worker process has said about one queue since it started.
struct WorkerFigures: Sendable, Equatable {
    /// Jobs that runs ended for, whatever became of them.
    var jobs = 0.0
    /// Seconds that runs took, all together.
    var runSeconds = 0.0
    /// Jobs whose first run has started.
    var starts = 0.0
    /// Seconds that those had waited, all together.
    var waitSeconds = 0.0
    /// Jobs that run at this moment.
    var running = 0

    /// - Parameter metrics: of the process, of which the queue's series are taken.
    init(queue: String, _ metrics: MetricsText) {
        let labels: [Substring: String] = ["queue": queue]
        jobs = metrics.sum("jobs_processed_total", labels)
        runSeconds = metrics.sum("job_duration_seconds_sum", labels)
        starts = metrics.sum("job_wait_seconds_count", labels)
        waitSeconds = metrics.sum("job_wait_seconds_sum", labels)
        running = Int(metrics.sum("jobs_in_flight", labels))
    }

    init() {}
}
