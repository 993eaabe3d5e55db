package import Topology

/// Our policy beside others on one trace.
package struct PolicyComparison: Sendable {
    /// The `value`s of KEDA's that are tried, ready messages for each worker.
    package static let kedaValues = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000]

    package let ours: SimulationResult
    /// By `value`, as ``kedaValues``.
    package let keda: [SimulationResult]
    /// From one worker up to the fewest of which 99 % of the jobs wait no longer than they should, or to the most.
    package let fixed: [SimulationResult]

    package init(_ simulation: Simulation, _ scaling: QueueDefinition.Scaling) {
        ours = simulation.run(FleetPolicy(scaling))
        keda = Self.kedaValues.map { simulation.run(KEDAPolicy(value: $0, scaling)) }
        var fixed: [SimulationResult] = []
        for count in max(1, scaling.min)...scaling.max {
            let result = Simulation(
                simulation.trace,
                places: simulation.places,
                secondsPerJob: simulation.secondsPerJob,
                startSeconds: simulation.startSeconds,
                targetWaitSeconds: simulation.targetWaitSeconds,
                initialWorkers: count
            ).run(FixedPolicy(count))
            fixed.append(result)
            if result.p99Seconds <= Double(simulation.targetWaitSeconds) { break }
        }
        self.fixed = fixed
    }

    /// KEDA with the value that keeps waits shortest, whatever it costs; of equals, the cheapest.
    package var bestKEDA: SimulationResult? { keda.min { Self.isBetter($0, $1) } }

    /// KEDA with the value that keeps waits shortest for no more than ours costs.
    package var bestAffordableKEDA: SimulationResult? {
        keda.filter { $0.workerSeconds <= ours.workerSeconds }.min { Self.isBetter($0, $1) }
    }

    /// What is worth showing: ours, KEDA at its best in both ways and at its default, and the fixed number that would do.
    package var shown: [SimulationResult] {
        let byDefault = keda.first { $0.policy == "KEDA QueueLength 20" }
        var shown: [SimulationResult] = []
        for result in [ours, bestKEDA, bestAffordableKEDA, byDefault, fixed.last].compactMap(\.self)
        where !shown.contains(result) {
            shown.append(result)
        }
        return shown
    }

    private static func isBetter(_ one: SimulationResult, _ other: SimulationResult) -> Bool {
        (one.p99Seconds, one.workerSeconds) < (other.p99Seconds, other.workerSeconds)
    }
}
