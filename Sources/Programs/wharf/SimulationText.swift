import Fleet
import Foundation
import Topology

/// A comparison of policies, for people, for programs and as a picture.
enum SimulationText {
    static func table(_ comparison: PolicyComparison, _ simulation: Simulation, _ queue: QueueDefinition) -> String {
        var table = Table([
            "policy", "wait_p50", "wait_p99", "longest", "later_than_target", "worker_seconds", "most_workers",
            "changes",
        ])
        for result in comparison.shown {
            table.append([
                .text(result.policy), .text(seconds(result.p50Seconds)), .text(seconds(result.p99Seconds)),
                .text(seconds(result.longestSeconds)), .text(String(format: "%.2f %%", result.lateShare * 100)),
                .number(Int(result.workerSeconds.rounded())), .number(result.mostWorkers), .number(result.changes),
            ])
        }
        let speed = Double(simulation.places) / simulation.secondsPerJob
        return """
            \(queue.name), load \(simulation.trace.name): \(simulation.trace.jobs) jobs in \
            \(simulation.trace.arrivals.count) s, \(String(format: "%.0f", speed)) jobs/s a worker, \
            \(queue.scaling.min) to \(queue.scaling.max) workers, target \(queue.scaling.targetWaitSeconds) s

            \(table.aligned())
            """
    }

    private static func seconds(_ seconds: Double) -> String { String(format: "%.2f s", seconds) }

    static func json(_ comparison: PolicyComparison) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(comparison.shown), as: UTF8.self)
    }

    /// A real run: its workers and its waits, by the second.
    struct Measured {
        var workers: [(x: Double, y: Double)] = []
        var waits: [(x: Double, y: Double)] = []
    }

    /// Reads lines of second,workers,wait_seconds. A line with an empty wait is one of which no job started.
    static func measured(_ path: String) throws -> Measured {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw CommandFailure("cannot read \(path)")
        }
        var measured = Measured()
        for (index, line) in text.split(separator: "\n").enumerated() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            guard fields.count == 3, let second = Double(fields[0]), let workers = Double(fields[1]) else {
                throw CommandFailure("\(path): line \(index + 1): write it as second,workers,wait_seconds")
            }
            measured.workers.append((second, workers))
            if let wait = Double(fields[2]) { measured.waits.append((second, wait)) }
        }
        return measured
    }

    static func plot(
        _ comparison: PolicyComparison,
        _ trace: LoadTrace,
        _ queue: QueueDefinition,
        measured: Measured? = nil
    ) -> LinePlot {
        let load = trace.arrivals.enumerated().map { (x: Double($0.offset), y: Double($0.element)) }
        // A real run is looked at beside what was foretold of it, not beside what others would have done.
        let shown = measured == nil ? comparison.shown : [comparison.ours]
        func lines(
            _ real: [(x: Double, y: Double)]?,
            _ value: (SimulationResult.Point) -> Double
        ) -> [LinePlot.Line] {
            shown.map { result in
                LinePlot.Line(
                    measured == nil ? result.policy : "simulated",
                    result.points.map { (x: $0.at, y: value($0)) }
                )
            } + (real.map { [LinePlot.Line("measured", $0)] } ?? [])
        }
        return LinePlot(
            title: measured == nil ? "\(queue.name), load \(trace.name)" : "\(queue.name)",
            [
                LinePlot.Panel("jobs that come, per second", [LinePlot.Line("load", load)]),
                LinePlot.Panel("workers", lines(measured?.workers) { Double($0.workers) }),
                LinePlot.Panel(
                    "wait of the jobs that start, seconds; dashed: the target",
                    lines(measured?.waits) { $0.waitSeconds },
                    mark: Double(queue.scaling.targetWaitSeconds)
                ),
            ]
        )
    }
}
