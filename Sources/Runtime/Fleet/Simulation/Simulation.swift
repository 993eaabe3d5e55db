/// One queue, its workers and who scales them, on a clock that nobody waits for. Pure.
///
/// A worker has places; each takes a job for `secondsPerJob`. Jobs start in the order in which they came. A new worker takes
/// jobs `startSeconds` after it was asked for; one that is too many takes none more at once, and costs on until what it runs
/// has ended. What is left out: that workers on one machine slow each other down, and retries.
package struct Simulation: Sendable {
    /// Seconds of one step.
    static let step = 0.25
    /// How often the broker collects its statistics (`collect_statistics_interval`), in seconds: so old may they be.
    static let statisticsInterval = 5.0

    package let trace: LoadTrace
    /// Runs that one worker has in flight.
    package let places: Int
    package let secondsPerJob: Double
    package let startSeconds: Double
    package let targetWaitSeconds: Int
    /// Workers at the beginning.
    package let initialWorkers: Int

    package init(
        _ trace: LoadTrace,
        places: Int,
        secondsPerJob: Double,
        startSeconds: Double,
        targetWaitSeconds: Int,
        initialWorkers: Int
    ) {
        self.trace = trace
        self.places = places
        self.secondsPerJob = secondsPerJob
        self.startSeconds = startSeconds
        self.targetWaitSeconds = targetWaitSeconds
        self.initialWorkers = initialWorkers
    }

    /// Runs the trace, and on until no job waits any more, for an hour at most.
    package func run(_ policy: some SimulatedPolicy) -> SimulationResult {
        var policy = policy
        var world = SimulatedQueue(self)
        var result = SimulationResult.Recorder(policy: policy.name, target: Double(targetWaitSeconds))
        let steps = Int(Double(trace.arrivals.count) / Self.step)
        let mostSteps = steps + Int(3_600 / Self.step)
        let interval = max(1, Int(policy.interval / Self.step))
        var step = 0
        while step < steps || (world.waiting > 0 && step < mostSteps) {
            let now = Double(step) * Self.step
            let second = Int(now)
            let isPaused = trace.pauses.contains { $0.contains(second) }
            let arriving = second < trace.arrivals.count ? arrivals(in: step) : 0
            world.advance(to: now, arriving: arriving, isPaused: isPaused) { wait, jobs in
                result.note(wait: wait, jobs: jobs)
            }
            if step % interval == 0 && !isPaused {
                let wanted = policy.workers(
                    world.sample(at: now),
                    readyNow: world.ready,
                    workers: world.workers,
                    at: now
                )
                if wanted != world.workers {
                    world.scale(to: wanted, at: now)
                    result.changes += 1
                }
            }
            result.note(workers: world.workers, cost: Double(world.existing(at: now)) * Self.step, at: now)
            step += 1
        }
        return result.finish(unstarted: world.waiting)
    }

    /// A second's jobs come evenly in its steps.
    private func arrivals(in step: Int) -> Int {
        let perSecond = Int(1 / Self.step)
        let jobs = trace.arrivals[step / perSecond]
        let part = step % perSecond
        return jobs * (part + 1) / perSecond - jobs * part / perSecond
    }
}
