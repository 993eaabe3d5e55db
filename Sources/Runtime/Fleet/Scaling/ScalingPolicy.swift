package import Topology

/// How many workers keep the wait of jobs under its target. Pure: it has no clock and asks nobody.
///
/// A queue asks for enough workers to serve what arrives and, beside it, to work off what waits within a part of the
/// target. More workers start at once; fewer are left only when none more were asked for during a whole cool-down, since a
/// worker too many costs little for so long, and one that is missing costs the users their wait. The numbers of
/// ``Tuning`` were chosen by the simulator, over loads and jobs of several kinds: docs/operations.md shows what it says of them.
package struct ScalingPolicy: Sendable {
    package struct Tuning: Sendable, Equatable {
        /// The part of their time that workers are to be busy with what arrives.
        package var utilisation = 0.95
        /// The part of the target within which the jobs that wait are to be worked off.
        package var drainShare = 0.5
        /// Seconds for which fewer workers must have been enough before some are stopped.
        package var coolDownSeconds = 45.0
        /// Seconds for which workers that were added are given time to show what they do before late jobs call for more.
        package var settleSeconds = 10.0

        package init() {}
    }

    /// What a policy has to remember of one program.
    package struct State: Sendable {
        fileprivate var asked: [(at: Double, workers: Int)] = []
        fileprivate var grewAt = -Double.infinity

        package init() {}

        /// Makes the next decision as if it were the first: after an operator has spoken, nothing is to be waited for.
        package mutating func forget() { asked = [] }
    }

    package var tuning: Tuning

    package init(tuning: Tuning = Tuning()) { self.tuning = tuning }

    /// What one queue asks for.
    ///
    /// - Parameters:
    ///   - workers: that its program has now, those that are still starting included.
    ///   - fixed: what an operator asked for in place of the policy.
    ///   - now: in seconds, on any clock that does not go back.
    package func demand(
        of queue: String,
        _ sample: QueueSample,
        scaling: QueueDefinition.Scaling,
        workers: Int,
        fixed: Int? = nil,
        state: State,
        at now: Double
    ) -> QueueDemand {
        func demand(_ workers: Int, _ cause: QueueDemand.Cause) -> QueueDemand {
            QueueDemand(
                queue: queue,
                workers: min(max(workers, scaling.min), scaling.max),
                cause: cause,
                sample: sample,
                targetWaitSeconds: scaling.targetWaitSeconds
            )
        }
        if let fixed { return demand(fixed, .fixed) }
        if sample.isHeld { return demand(workers, .held) }
        if sample.waiting == 0 && sample.running == 0 && sample.arrivalsPerSecond == 0 { return demand(0, .idle) }
        let isSettled = now - state.grewAt >= tuning.settleSeconds
        guard let speed = sample.jobsPerWorkerSecond else {
            // One after another, until one has said how long a job takes.
            return demand(sample.waiting == 0 ? workers : isSettled ? workers + 1 : workers, .unmeasured)
        }
        let target = Double(scaling.targetWaitSeconds)
        let needed = self.needed(sample, speed: speed, target: target)
        if let limit = sample.rateLimitPerSecond {
            let useful = Self.whole(Double(limit) / (speed * tuning.utilisation))
            if needed > useful { return demand(useful, .rateLimit) }
        }
        if needed <= workers && sample.oldestAgeSeconds > target && sample.isGrowing && isSettled {
            return demand(workers + 1, .late)
        }
        return demand(needed, .load)
    }

    private func needed(_ sample: QueueSample, speed: Double, target: Double) -> Int {
        let arriving = sample.arrivalsPerSecond / (speed * tuning.utilisation)
        let draining = Double(sample.waiting) / (speed * target * tuning.drainShare)
        // Whoever has work has at least one, however little it is.
        return max(1, Self.whole(arriving + draining))
    }

    /// Not one worker more for a rounding error, and never beyond what an `Int` holds.
    private static func whole(_ workers: Double) -> Int { Int(min(workers - 1e-9, 1e6).rounded(.up)) }

    /// What a program is to have that works these queues: as many workers as the most demanding of them asks for.
    ///
    /// - Returns: the number of workers, and the demand that decided.
    package func decide(
        _ demands: [QueueDemand],
        workers: Int,
        state: inout State,
        at now: Double
    ) -> (workers: Int, demand: QueueDemand)? {
        guard let most = demands.max(by: { $0.workers < $1.workers }) else { return nil }
        state.asked.removeAll { $0.at < now - tuning.coolDownSeconds }
        // The first look, or the first after a time of blindness: what there is counts as asked for, unless an operator has
        // just said otherwise.
        if state.asked.isEmpty && !demands.contains(where: { $0.cause == .fixed }) { state.asked = [(now, workers)] }
        state.asked.append((now, most.workers))
        if most.workers > workers {
            state.grewAt = now
            return (most.workers, most)
        }
        let kept = state.asked.map(\.workers).max() ?? most.workers
        return (min(workers, kept), most)
    }
}
