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

    static func plot(_ comparison: PolicyComparison, _ trace: LoadTrace, _ queue: QueueDefinition) -> LinePlot {
        let arrivals = trace.arrivals.enumerated().map { (x: Double($0.offset), y: Double($0.element)) }
        return LinePlot(
            title: "\(queue.name), load \(trace.name)",
            [
                LinePlot.Panel("jobs that come, per second", [LinePlot.Line("load", arrivals)]),
                LinePlot.Panel(
                    "workers",
                    comparison.shown.map { result in
                        LinePlot.Line(result.policy, result.points.map { (x: $0.at, y: Double($0.workers)) })
                    }
                ),
                LinePlot.Panel(
                    "wait of the jobs that start, seconds; dashed: the target",
                    comparison.shown.map { result in
                        LinePlot.Line(result.policy, result.points.map { (x: $0.at, y: $0.waitSeconds) })
                    },
                    mark: Double(queue.scaling.targetWaitSeconds)
                ),
            ]
        )
    }
}
