import Topology

/// The state of a ``Simulation``: what waits, who works, and what the broker's statistics say of it.
struct SimulatedQueue {
    private let simulation: Simulation
    /// Jobs that wait, in the order in which they came.
    private var queue: [(came: Double, jobs: Int)] = []
    private var first = 0
    private(set) var waiting = 0
    /// When each worker takes jobs; ascending.
    private var workersReady: [Double]
    /// When each of those ends that are finishing.
    private var finishing: [Double] = []
    /// What remains of the capacity of steps that were too short for a whole job.
    private var capacity = 0.0
    /// When jobs started that may run still.
    private var started: [(at: Double, jobs: Int)] = []
    private var serving = 0
    /// What the workers count, all together.
    private var figures = WorkerFigures()
    private var estimate: QueueEstimate
    // The broker's statistics.
    private var statistics = (at: 0.0, unacked: 0)

    init(_ simulation: Simulation) {
        self.simulation = simulation
        workersReady = Array(repeating: 0, count: simulation.initialWorkers)
        estimate = QueueEstimate(places: simulation.places)
    }

    /// Workers that are not finishing.
    var workers: Int { workersReady.count }

    func existing(at now: Double) -> Int { workersReady.count + finishing.count { $0 > now } }

    mutating func advance(to now: Double, arriving: Int, isPaused: Bool, onStart: (Double, Int) -> Void) {
        if arriving > 0 {
            queue.append((now, arriving))
            waiting += arriving
        }
        serving = workersReady.count { $0 <= now }
        finishing.removeAll { $0 <= now }
        while let oldest = started.first, oldest.at <= now - max(simulation.secondsPerJob, Simulation.step) {
            figures.jobs += Double(oldest.jobs)
            figures.runSeconds += Double(oldest.jobs) * simulation.secondsPerJob
            started.removeFirst()
        }
        if !isPaused { start(at: now, onStart) }
        if now - statistics.at >= Simulation.statisticsInterval && !isPaused {
            statistics = (now, unacked)
        }
    }

    private mutating func start(at now: Double, _ onStart: (Double, Int) -> Void) {
        capacity += Double(serving * simulation.places) * Simulation.step / simulation.secondsPerJob
        var begun = 0
        while waiting > 0 && capacity >= 1 {
            let jobs = min(Int(capacity), queue[first].jobs)
            onStart(now - queue[first].came, jobs)
            figures.waitSeconds += (now - queue[first].came) * Double(jobs)
            queue[first].jobs -= jobs
            if queue[first].jobs == 0 { first += 1 }
            waiting -= jobs
            capacity -= Double(jobs)
            begun += jobs
        }
        if waiting == 0 {
            queue.removeAll(keepingCapacity: true)
            first = 0
            // Time in which nothing waited cannot be made up for.
            capacity = capacity.truncatingRemainder(dividingBy: 1)
        }
        if begun > 0 {
            started.append((now, begun))
            figures.starts += Double(begun)
        }
    }

    mutating func scale(to wanted: Int, at now: Double) {
        while workersReady.count > wanted {
            let ready = workersReady.removeLast()
            finishing.append(ready > now ? now : now + simulation.secondsPerJob)
        }
        while workersReady.count < wanted { workersReady.append(now + simulation.startSeconds) }
    }

    /// Jobs that run.
    private var running: Int {
        let recent = started.map(\.jobs).reduce(0, +)
        let share = min(1, simulation.secondsPerJob / Simulation.step)
        return min(Int((Double(recent) * share).rounded()), max(serving, 1) * simulation.places)
    }

    /// Workers fetch as many jobs ahead as they run.
    private var fetched: Int { min(waiting, serving * simulation.places) }

    private var unacked: Int { running + fetched }

    /// Messages that wait in the broker at this moment.
    var ready: Int { waiting - fetched }

    /// What our fleet sees: the messages that are ready now, the broker's statistics of late, and the workers' metrics.
    mutating func sample(at now: Double) -> QueueSample {
        var workers = figures
        workers.running = running
        let broker = QueueStatus(ready: ready, unacked: statistics.unacked)
        return estimate.sample(broker: [broker], workers: [1: workers], isPaused: false, at: now)
    }
}
