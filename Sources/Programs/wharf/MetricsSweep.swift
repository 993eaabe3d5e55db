import Bootstrap
import Configuration
import Fleet
import HTTPClient
import Topology

/// What the programs' `/metrics` say about queues, gathered from all that can be reached.
struct MetricsSweep {
    let answers: [MetricsText]

    /// Asks `METRICS_URLS`; without it, the hundred ports of this machine from `METRICS_PORT` on, where a fleet is.
    static func make(_ environment: Environment, _ client: HTTPClient) async throws(SettingError) -> MetricsSweep {
        let urls: [String]
        if let set = try environment.optional(Settings.metricsURLs) {
            urls = set
        } else {
            let base = try environment.value(Settings.metricsPort)
            urls = (base..<min(base + 100, 65_536)).map { "http://127.0.0.1:\($0)" }
        }
        let texts = await withTaskGroup { group in
            for url in urls { group.addTask { await text(url, client) } }
            return await group.reduce(into: [String]()) { texts, text in if let text { texts.append(text) } }
        }
        return MetricsSweep(texts)
    }

    /// What the program at `url` shows; `nil` where nobody answers.
    static func text(_ url: String, _ client: HTTPClient) async -> String? {
        let answer = try? await client.send(HTTPRequest(url: url + "/metrics", timeout: .seconds(2)))
        return answer.flatMap { $0.status == 200 ? String(decoding: $0.body, as: UTF8.self) : nil }
    }

    init(_ texts: [String]) { answers = texts.map { MetricsText($0) } }

    /// `nil` where nobody answers.
    func report(on queue: QueueDefinition) -> QueueObservation.WorkerReport? {
        if answers.isEmpty { return nil }
        let labels: [Substring: String] = ["queue": queue.name]
        var report = QueueObservation.WorkerReport()
        for answer in answers {
            if let age = answer.values("queue_oldest_job_age_seconds", labels).max() {
                report.oldestAge = max(report.oldestAge ?? 0, age)
            }
            guard !answer.values("jobs_concurrency", labels).isEmpty else { continue }
            report.processes += 1
            report.stuckRuns += Int(answer.sum("jobs_stuck", labels))
            for series in answer.series where series.name == "circuit_open" && series.value == 1 {
                if let dependency = series.labels["dependency"], !report.down.contains(dependency) {
                    report.down.append(dependency)
                }
            }
        }
        return report
    }
}
