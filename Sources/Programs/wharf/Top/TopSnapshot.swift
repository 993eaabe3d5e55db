import Fleet
import Foundation
import JobControl
import Topology

/// The shop at one moment, for `wharf top`. Pure.
struct TopSnapshot: Encodable {
    struct Queue: Equatable, Encodable {
        var name: String
        var state: String
        var ready = 0
        var unacked = 0
        var retrying = 0
        var dead = 0
        /// Seconds that the oldest job has waited; nil where no program says so.
        var oldestSeconds: Double?
        var inPerSecond = 0.0
        var outPerSecond = 0.0
        var consumers = 0
        var workers: Int?
        var isPaused = false

        /// Seconds until it is empty at this pace; nil where it is empty or grows.
        var timeToDrain: Double? {
            let net = outPerSecond - inPerSecond
            return ready > 0 && net > 0.05 ? Double(ready) / net : nil
        }
    }

    struct Process: Equatable, Encodable {
        var name: String
        var running = 0
        var concurrency = 0
        var residentBytes = 0.0
        var openFiles = 0
    }

    struct Replica: Equatable, Encodable {
        var node: String
        var isServing: Bool
        var lagSeconds: Double?
        var lagBytes: Double?
    }

    enum Sort: String, CaseIterable {
        case name, ready, age, drain, dead

        var next: Sort { Self.allCases[(Self.allCases.firstIndex(of: self).map { $0 + 1 } ?? 0) % Self.allCases.count] }
    }

    var queues: [Queue]
    var processes: [Process]
    var replicas: [Replica]
    /// Dependencies whose breakers are open.
    var down: [String]
    /// Rows that are due; nil where the relay cannot be asked.
    var outboxRows: Int?
    var outboxOldestSeconds: Double?

    /// All of it, for a program.
    func json(by sort: Sort) throws -> String {
        var snapshot = self
        snapshot.queues = queues(by: sort)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(snapshot), as: UTF8.self)
    }

    /// By name, or the largest first.
    func queues(by sort: Sort) -> [Queue] {
        func key(_ queue: Queue) -> Double {
            switch sort {
            case .name: 0
            case .ready: Double(queue.ready)
            case .age: queue.oldestSeconds ?? 0
            // What never empties comes first.
            case .drain: queue.ready == 0 ? 0 : queue.timeToDrain ?? .infinity
            case .dead: Double(queue.dead)
            }
        }
        return queues.sorted { (-key($0), $0.name) < (-key($1), $1.name) }
    }
}

extension TopSnapshot {
    init(_ report: QueueStatusReport, _ sweep: MetricsSweep) {
        queues = report.rows.map { queue, diagnosis in
            Queue(
                name: queue.definition.name,
                state: diagnosis.state.rawValue,
                ready: queue.ready,
                unacked: queue.unacked,
                retrying: queue.retrying,
                dead: queue.dead,
                oldestSeconds: queue.workers?.oldestAge,
                inPerSecond: queue.publishRate,
                outPerSecond: queue.ackRate,
                consumers: queue.consumers,
                workers: queue.workers?.processes,
                isPaused: queue.said?.pausedAt != nil
            )
        }
        processes = sweep.answers.compactMap { answer in
            guard let build = answer.series.first(where: { $0.name == "wharf_build_info" }) else { return nil }
            return Process(
                name: build.labels["program"] ?? "",
                running: Int(answer.sum("jobs_in_flight")),
                concurrency: Int(answer.sum("jobs_concurrency")),
                residentBytes: answer.sum("process_resident_memory_bytes"),
                openFiles: Int(answer.sum("process_open_fds"))
            )
        }.sorted { $0.name < $1.name }
        // The API's view, which most reads go by; without one, whoever watches replicas.
        let watcher =
            sweep.answers.first { $0.values("wharf_build_info", ["program": "api"]).isEmpty == false }
            ?? sweep.answers.first { !$0.values("database_replica_serving").isEmpty }
        replicas = (watcher?.series ?? []).filter { $0.name == "database_replica_serving" }.map { series in
            let labels: [Substring: String] = ["node": series.labels["node"] ?? ""]
            return Replica(
                node: series.labels["node"] ?? "",
                isServing: series.value == 1,
                lagSeconds: watcher?.values("database_replica_lag_seconds", labels).first,
                lagBytes: watcher?.values("database_replica_lag_bytes", labels).first
            )
        }
        down = Set(
            sweep.answers.flatMap(\.series).filter { $0.name == "circuit_open" && $0.value == 1 }
                .compactMap { $0.labels["dependency"] }
        ).sorted()
        outboxRows = sweep.answers.compactMap { $0.values("outbox_rows").first }.max().map { Int($0) }
        outboxOldestSeconds = sweep.answers.compactMap { $0.values("outbox_oldest_age_seconds").first }.max()
    }
}
