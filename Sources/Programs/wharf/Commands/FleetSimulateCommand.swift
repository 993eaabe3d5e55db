import Bootstrap
import Configuration
import Fleet
import Foundation
import Topology

/// `wharf fleet simulate`: what the fleet's policy, and others, would have made of a load. It asks nobody and starts nothing.
enum FleetSimulateCommand {
    static let all = [simulate]

    /// A worker of order.process with 64 places does 2,929 jobs a second ("Wharf, plain handler" in docs/benchmarks.md), so
    /// each place is taken for that long.
    private static let measured = ["order.process": 64.0 / 2_929]

    private static let simulate = Command(
        path: ["fleet", "simulate"],
        summary:
            "Plays a load against the fleet's policy, KEDA's QueueLength and fixed numbers of workers, and compares them.",
        options: [
            .value(
                "queue",
                "QUEUE",
                "whose file has the target, the limits and the places of a worker (order.process)"
            ),
            .value("load", "NAME", "flash, daily or pause (flash)"),
            .value("rate", "N", "jobs a second in quiet times, or a day's mean (200)"),
            .value("factor", "N", "how many times as much a flash sale brings (50)"),
            .value("trace", "FILE", "a recording in place of --load: lines of second,jobs[,paused]"),
            .value(
                "job-milliseconds",
                "N",
                "for which a job takes one of a worker's places (order.process: as measured)"
            ),
            .value("start-milliseconds", "N", "from the decision to a new worker's first job (1000)"),
            .value("seed", "N", "of the synthetic loads' chance (1)"),
            .value("plot", "FILE", "write an SVG"),
            .value("beside", "FILE", "a real run for the plot: lines of second,workers,wait_seconds"),
            .flag("json", "print JSON, with a point for each second"),
        ]
    ) { invocation in
        let topology = try Topology.load(directory: try Environment().value(Settings.queuesDirectory))
        let name = invocation.values["queue"] ?? "order.process"
        guard let queue = topology.queue(named: name) else {
            throw CommandFailure(
                "there is no queue \(name) in queues/*.json; there are \(topology.queues.map(\.name).joined(separator: ", "))"
            )
        }
        let trace = try trace(invocation)
        let simulation = Simulation(
            trace,
            places: queue.concurrency,
            secondsPerJob: try secondsPerJob(invocation, queue: name),
            startSeconds: Double(try invocation.integer("start-milliseconds", in: 0...600_000, default: 1_000)) / 1_000,
            targetWaitSeconds: queue.scaling.targetWaitSeconds,
            initialWorkers: max(1, queue.scaling.min)
        )
        let comparison = PolicyComparison(simulation, queue.scaling)
        if let path = invocation.values["plot"] {
            let measured = try invocation.values["beside"].map(SimulationText.measured)
            let svg = SimulationText.plot(comparison, trace, queue, measured: measured).svg()
            do { try svg.write(toFile: path, atomically: true, encoding: .utf8) } catch {
                throw CommandFailure("cannot write \(path)")
            }
        }
        print(
            invocation.has("json")
                ? try SimulationText.json(comparison) : SimulationText.table(comparison, simulation, queue)
        )
        return .success
    }

    private static func trace(_ invocation: Invocation) throws -> LoadTrace {
        if let path = invocation.values["trace"] {
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw CommandFailure("cannot read \(path)")
            }
            do { return try LoadTrace(name: path, csv: text) } catch { throw CommandFailure("\(path): \(error)") }
        }
        let name = invocation.values["load"] ?? LoadTrace.Shape.flash.rawValue
        guard let shape = LoadTrace.Shape(rawValue: name) else {
            throw UsageError("--load is flash, daily or pause, not '\(name)'")
        }
        return LoadTrace(
            shape,
            rate: Double(try invocation.integer("rate", in: 1...100_000, default: 200)),
            factor: Double(try invocation.integer("factor", in: 1...1_000, default: 50)),
            seed: UInt64(try invocation.integer("seed", in: 0...Int.max, default: 1))
        )
    }

    private static func secondsPerJob(_ invocation: Invocation, queue: String) throws -> Double {
        if invocation.values["job-milliseconds"] == nil {
            guard let seconds = measured[queue] else {
                throw UsageError(
                    "--job-milliseconds is missing: how long a job of \(queue) takes has not been measured"
                )
            }
            return seconds
        }
        return Double(try invocation.integer("job-milliseconds", in: 1...3_600_000)) / 1_000
    }
}
