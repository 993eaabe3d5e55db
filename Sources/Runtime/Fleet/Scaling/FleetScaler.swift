import Lifecycle
import Observability
import Threading
import Topology

/// Looks at the queues, by default every two seconds, and gives each program as many processes as its queues ask for.
///
/// What it cannot see it leaves alone: without the broker's management API the numbers stay as they are.
final class FleetScaler: Service {
    struct Scaled: Sendable {
        let program: FleetProgram
        let queues: [QueueDefinition]
    }

    /// What was seen last, for those who ask.
    private struct Seen {
        var demands: [String: QueueDemand] = [:]
        var running: [Int32: Int] = [:]
        var orders: [String: FleetSources.Order] = [:]
        var view = View.notYet
    }

    private enum View {
        case notYet, clear
        /// Why the last look showed nothing.
        case blind(String)

        var isBlind: Bool { if case .blind = self { true } else { false } }
    }

    /// What is remembered from one look to the next.
    private struct Memory {
        var estimates: [String: QueueEstimate]
        var states: [String: ScalingPolicy.State] = [:]
    }

    private let scaled: [Scaled]
    private let sources: FleetSources
    private let policy: ScalingPolicy
    private let concurrency: Int?
    private let interval: Duration
    private let seen = Lock(Seen())
    private let logger = Logger(label: "fleet.scaling")

    /// - Parameter concurrency: what the workers have in place of the queue files' numbers, if anything.
    init(_ scaled: [Scaled], sources: FleetSources, policy: ScalingPolicy, concurrency: Int?, interval: Duration) {
        self.scaled = scaled
        self.sources = sources
        self.policy = policy
        self.concurrency = concurrency
        self.interval = interval
    }

    /// Looks until cancelled.
    func run() async throws {
        let queues = scaled.flatMap(\.queues)
        var memory = Memory(
            estimates: Dictionary(
                uniqueKeysWithValues: queues.map { ($0.name, QueueEstimate($0, concurrency: concurrency)) }
            )
        )
        let start = ContinuousClock.now
        while !Task.isCancelled {
            await look(&memory, at: start.duration(to: .now) / .seconds(1))
            try await Task.sleep(for: interval)
        }
    }

    private func look(_ memory: inout Memory, at now: Double) async {
        let broker: [String: QueueStatus]
        do {
            let names = Set(scaled.flatMap(\.queues).flatMap(\.workedQueues))
            broker = Dictionary(uniqueKeysWithValues: try await sources.broker(names).map { ($0.name, $0) })
        } catch {
            if Task.isCancelled { return }
            if !look(is: .blind("\(error)")).isBlind {
                logger.warning(
                    "Queues cannot be looked at; the numbers of workers stay as they are",
                    [.error: .describing(error)]
                )
            }
            return
        }
        let said = await orders(&memory)
        for scaled in scaled {
            let workers = await figures(of: scaled)
            if Task.isCancelled { return }
            decide(scaled, broker: broker, workers: workers, orders: said, &memory, at: now)
        }
        if look(is: .clear).isBlind { logger.notice("Queues are looked at again") }
    }

    /// - Returns: what it was before.
    private func look(is view: View) -> View {
        seen.withLock { seen in
            defer { seen.view = view }
            return seen.view
        }
    }

    /// What operators said; what was known last holds on when nobody can tell.
    private func orders(_ memory: inout Memory) async -> [String: FleetSources.Order] {
        let known = seen.withLock { $0.orders }
        do {
            let said = try await sources.orders()
            for scaled in scaled
            where scaled.queues.contains(where: { said[$0.name]?.workers != known[$0.name]?.workers }) {
                memory.states[scaled.program.name]?.forget()
            }
            seen.withLock { $0.orders = said }
            return said
        } catch {
            logger.debug(
                "What operators said cannot be read; what was known last holds on",
                [.error: .describing(error)]
            )
            return known
        }
    }

    /// What each process of a program says of each of its queues, by the process's id.
    private func figures(of scaled: Scaled) async -> [Int32: [String: WorkerFigures]] {
        let processes = scaled.program.processes
        return await withTaskGroup(of: (Int32, [String: WorkerFigures])?.self) { group in
            for process in processes {
                guard let processID = process.processID, let port = process.metricsPort else { continue }
                group.addTask { [sources] in
                    guard let text = await sources.metrics(port) else { return nil }
                    let metrics = MetricsText(text)
                    return (
                        processID,
                        Dictionary(
                            uniqueKeysWithValues: scaled.queues.map {
                                ($0.name, WorkerFigures(queue: $0.name, metrics))
                            }
                        )
                    )
                }
            }
            var figures: [Int32: [String: WorkerFigures]] = [:]
            for await case let (processID, figure)? in group { figures[processID] = figure }
            return figures
        }
    }

    private func decide(
        _ scaled: Scaled,
        broker: [String: QueueStatus],
        workers: [Int32: [String: WorkerFigures]],
        orders: [String: FleetSources.Order],
        _ memory: inout Memory,
        at now: Double
    ) {
        let program = scaled.program
        var state = memory.states[program.name] ?? ScalingPolicy.State()
        let count = program.count
        let demands = scaled.queues.compactMap { queue -> QueueDemand? in
            let order = orders[queue.name] ?? FleetSources.Order()
            guard
                let sample = memory.estimates[queue.name]?.sample(
                    broker: queue.workedQueues.compactMap { broker[$0] },
                    workers: workers.compactMapValues { $0[queue.name] },
                    isPaused: order.isPaused,
                    limit: order.limit,
                    at: now
                )
            else { return nil }
            return policy.demand(
                of: queue.name,
                sample,
                scaling: queue.scaling,
                workers: count,
                fixed: order.workers,
                state: state,
                at: now
            )
        }
        let running = workers.mapValues { $0.values.map(\.running).reduce(0, +) }
        seen.withLock { seen in
            for demand in demands { seen.demands[demand.queue] = demand }
            seen.running.merge(running) { $1 }
        }
        let decision = policy.decide(demands, workers: count, state: &state, at: now)
        memory.states[program.name] = state
        guard let decision, decision.workers != count else { return }
        log(program.name, from: count, to: decision.workers, decision.demand)
        program.scale(to: decision.workers, busy: running)
    }

    private func log(_ program: String, from: Int, to: Int, _ demand: QueueDemand) {
        let sample = demand.sample
        logger.notice(
            "Fleet scales a program",
            [
                .process: .string(program), "from": .int(from), "to": .int(to), .queue: .string(demand.queue),
                .reason: .string(demand.cause.rawValue), "ready": .int(sample.ready), "unacked": .int(sample.unacked),
                "arrivals_per_second": .double(sample.arrivalsPerSecond.rounded(to: 1)),
                "per_worker_per_second": .double((sample.jobsPerWorkerSecond ?? 0).rounded(to: 1)),
                "wait_seconds": .double(sample.oldestAgeSeconds.rounded(to: 1)),
                "target_wait_seconds": .int(demand.targetWaitSeconds),
            ]
        )
    }

    // MARK: For those who ask

    /// Why nobody decides at the moment.
    var problem: String? {
        switch seen.withLock({ $0.view }) {
        case .notYet: "the queues have not been looked at yet"
        case .clear: nil
        case .blind(let error): "the queues cannot be looked at: \(error)"
        }
    }

    func status(of program: FleetProgram) -> FleetStatus.Program {
        let seen = seen.withLock { $0 }
        var processes = program.processes
        for index in processes.indices {
            processes[index].running = processes[index].processID.flatMap { seen.running[$0] } ?? 0
        }
        let queues = scaled.first { $0.program === program }?.queues ?? []
        return FleetStatus.Program(
            program: program.name,
            wanted: program.count,
            isScaled: !queues.isEmpty,
            processes: processes,
            queues: queues.compactMap { queue in
                seen.demands[queue.name].map { FleetStatus.Queue(queue, $0, seen.orders[queue.name]) }
            }
        )
    }
}

extension FleetStatus.Queue {
    fileprivate init(_ queue: QueueDefinition, _ demand: QueueDemand, _ order: FleetSources.Order?) {
        self.init(
            queue: queue.name,
            workers: demand.workers,
            cause: demand.cause.rawValue,
            min: queue.scaling.min,
            max: queue.scaling.max,
            fixed: order?.workers,
            ready: demand.sample.ready,
            unacked: demand.sample.unacked,
            arrivalsPerSecond: demand.sample.arrivalsPerSecond.rounded(to: 1),
            perWorkerPerSecond: demand.sample.jobsPerWorkerSecond?.rounded(to: 1),
            waitSeconds: demand.sample.oldestAgeSeconds.rounded(to: 2),
            targetWaitSeconds: demand.targetWaitSeconds
        )
    }
}

extension Double {
    /// For people: with so many digits behind the point.
    func rounded(to digits: Int) -> Double {
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        return (self * scale).rounded() / scale
    }
}
