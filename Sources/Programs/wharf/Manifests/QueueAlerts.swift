import Topology

/// Prometheus's alerts about how long jobs wait, with each queue's own target. What they mean and what is to be done stands in
/// docs/operations.md.
enum QueueAlerts {
    static func yaml(_ topology: Topology) -> String {
        """
        groups:
          - name: wharf-queues
            rules:

        """ + topology.queues.map(rules).joined()
    }

    private static func rules(_ queue: QueueDefinition) -> String {
        let target = queue.scaling.targetWaitSeconds
        let age = #"max(queue_oldest_job_age_seconds{queue="\#(queue.name)"})"#
        let late = rule(
            "JobsWaitTooLong",
            queue,
            expression: "\(age) > \(target)",
            // A peak that the scaling answers is no alarm.
            lasting: "5m",
            severity: "ticket",
            summary: "Jobs of \(queue.name) wait longer than \(target) s."
        )
        let stuck = rule(
            "QueueStuck",
            queue,
            expression: "\(age) > \(max(300, 20 * target))",
            lasting: "1m",
            severity: "page",
            summary: "\(queue.name) stands still, or is far behind."
        )
        guard queue.scaling.max > queue.scaling.min else { return late + stuck }
        let saturated = rule(
            "QueueAtMaximum",
            queue,
            expression:
                #"\#(age) > \#(target) and count(jobs_concurrency{queue="\#(queue.name)"}) >= \#(queue.scaling.max)"#,
            lasting: "10m",
            severity: "ticket",
            summary:
                "\(queue.name) has all its \(queue.scaling.max) workers, and its jobs still wait longer than \(target) s."
        )
        return late + stuck + saturated
    }

    private static func rule(
        _ alert: String,
        _ queue: QueueDefinition,
        expression: String,
        lasting duration: String,
        severity: String,
        summary: String
    ) -> String {
        """
              - alert: \(alert)
                expr: \(expression)
                for: \(duration)
                labels:
                  severity: \(severity)
                  queue: \(queue.name)
                annotations:
                  summary: "\(summary)"
                  runbook: docs/operations.md#\(alert.lowercased())

        """
    }
}
