/// How a policy did on a trace.
package struct SimulationResult: Sendable, Equatable, Encodable {
    package struct Point: Sendable, Equatable, Encodable {
        /// Seconds from the trace's beginning.
        package let at: Double
        package let workers: Int
        /// The longest wait of a job that started since the point before.
        package let waitSeconds: Double
    }

    package let policy: String
    package let jobs: Int
    /// Jobs that still waited an hour after the trace's end.
    package let unstarted: Int
    package let p50Seconds: Double
    package let p99Seconds: Double
    package let longestSeconds: Double
    /// The part of the jobs that waited longer than they should.
    package let lateShare: Double
    package let workerSeconds: Double
    package let mostWorkers: Int
    /// How often the number of workers was changed.
    package let changes: Int
    /// One each second.
    package let points: [Point]
}

extension SimulationResult {
    struct Recorder {
        let policy: String
        let target: Double
        var changes = 0
        /// Jobs by their wait, in steps.
        private var waits: [Int] = []
        private var longest = 0.0
        private var longestSincePoint = 0.0
        private var late = 0
        private var cost = 0.0
        private var most = 0
        private var points: [Point] = []

        init(policy: String, target: Double) {
            self.policy = policy
            self.target = target
        }

        mutating func note(wait: Double, jobs: Int) {
            let step = Int((wait / Simulation.step).rounded())
            if step >= waits.count { waits += Array(repeating: 0, count: step + 1 - waits.count) }
            waits[step] += jobs
            longest = max(longest, wait)
            longestSincePoint = max(longestSincePoint, wait)
            if wait > target { late += jobs }
        }

        mutating func note(workers: Int, cost: Double, at now: Double) {
            self.cost += cost
            most = max(most, workers)
            guard now.rounded(.down) == now else { return }
            points.append(Point(at: now, workers: workers, waitSeconds: longestSincePoint))
            longestSincePoint = 0
        }

        func finish(unstarted: Int) -> SimulationResult {
            let jobs = waits.reduce(0, +)
            return SimulationResult(
                policy: policy,
                jobs: jobs,
                unstarted: unstarted,
                p50Seconds: percentile(0.5, of: jobs),
                p99Seconds: percentile(0.99, of: jobs),
                longestSeconds: longest,
                lateShare: jobs == 0 ? 0 : Double(late) / Double(jobs),
                workerSeconds: cost,
                mostWorkers: most,
                changes: changes,
                points: points
            )
        }

        private func percentile(_ share: Double, of jobs: Int) -> Double {
            var left = Int((Double(jobs) * share).rounded(.up))
            for (step, count) in waits.enumerated() {
                left -= count
                if left <= 0 { return Double(step) * Simulation.step }
            }
            return 0
        }
    }
}
