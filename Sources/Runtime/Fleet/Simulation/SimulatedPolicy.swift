package import Topology

/// Who decides in a simulation.
package protocol SimulatedPolicy: Sendable {
    var name: String { get }
    /// Seconds from one look to the next.
    var interval: Double { get }

    /// - Parameters:
    ///   - sample: as our fleet would see it; `ready` in it as old as the broker's statistics are.
    ///   - readyNow: messages that are ready at this moment, as the broker answers to who asks about one queue.
    ///   - workers: that there are, starting ones included.
    ///   - now: in seconds.
    mutating func workers(_ sample: QueueSample, readyNow: Int, workers: Int, at now: Double) -> Int
}

/// The policy of `wharf fleet`: the same code.
package struct FleetPolicy: SimulatedPolicy {
    package let name = "wharf fleet"
    package let interval = 2.0
    private let policy = ScalingPolicy()
    private let scaling: QueueDefinition.Scaling
    private var state = ScalingPolicy.State()

    package init(_ scaling: QueueDefinition.Scaling) { self.scaling = scaling }

    package mutating func workers(_ sample: QueueSample, readyNow: Int, workers: Int, at now: Double) -> Int {
        let demand = policy.demand(of: "", sample, scaling: scaling, workers: workers, state: state, at: now)
        return policy.decide([demand], workers: workers, state: &state, at: now)?.workers ?? workers
    }
}

/// As many workers all the time.
package struct FixedPolicy: SimulatedPolicy {
    package let name: String
    package let interval = 3_600.0
    private let count: Int

    package init(_ count: Int) {
        self.count = count
        name = "fixed at \(count)"
    }

    package mutating func workers(_ sample: QueueSample, readyNow: Int, workers: Int, at now: Double) -> Int { count }
}

/// KEDA's RabbitMQ scaler with `mode: QueueLength` over AMQP, and the HorizontalPodAutoscaler behind it, both at their
/// defaults (keda.sh/docs/latest/scalers/rabbitmq-queue, kubernetes.io/docs/concepts/workloads/autoscaling).
///
/// The autoscaler asks every 15 s and gets the ready messages of that moment, which favours it: `pollingInterval`, 30 s,
/// counts only for the step from none to one. It wants a worker for each `value` messages; leaves things alone within 10 %;
/// adds at most four workers or as many as there are in one step; and has no fewer than it wanted at any time of the last
/// 300 s.
package struct KEDAPolicy: SimulatedPolicy {
    private static let tolerance = 0.1
    private static let pollingInterval = 30.0
    private static let stabilization = 300.0

    package let name: String
    package let interval = 15.0
    /// Ready messages for each worker.
    package let value: Int
    private let scaling: QueueDefinition.Scaling
    private var wanted: [(at: Double, workers: Int)] = []

    package init(value: Int, _ scaling: QueueDefinition.Scaling) {
        self.value = value
        self.scaling = scaling
        name = "KEDA QueueLength \(value)"
    }

    package mutating func workers(_ sample: QueueSample, readyNow: Int, workers: Int, at now: Double) -> Int {
        if workers == 0 {
            let isPoll = now.truncatingRemainder(dividingBy: Self.pollingInterval) < interval
            return isPoll && readyNow > 0 ? 1 : 0
        }
        let ratio = Double(readyNow) / Double(value * workers)
        let asked = abs(ratio - 1) <= Self.tolerance ? workers : (readyNow + value - 1) / value
        wanted.removeAll { $0.at <= now - Self.stabilization }
        if wanted.isEmpty { wanted = [(now, workers)] }
        wanted.append((now, min(max(asked, scaling.min), scaling.max)))
        let stable = max(asked, min(workers, wanted.map(\.workers).max() ?? asked))
        return min(max(stable, scaling.min), scaling.max, max(workers + 4, workers * 2))
    }
}
