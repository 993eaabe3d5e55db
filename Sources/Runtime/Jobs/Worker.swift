public import Lifecycle
public import Observability
public import Topology

/// Runs the jobs of one queue.
///
/// A job's way is a straight line: decode, run, classify, settle. Beside the queue itself the worker takes, one at a
/// time, from its suspect queue, where jobs go whose worker vanished more than once: a job that kills its process then
/// dies there alone instead of taking its neighbours along, time after time.
public struct Worker: Service {
    let queue: QueueDefinition
    private let broker: any JobBroker
    private let concurrency: Int
    private let gracePeriod: Duration
    private let handledJobs: [String]
    private let pipeline: JobPipeline
    private let control: WorkerControl
    private let stuckAfter: Duration
    private let logger: Logger

    /// - Parameters:
    ///   - handlers: at most one handler, plain or batch, for each job's name.
    ///   - postponer: keeps jobs that wait longer than the queue's longest rung; without one, that rung is all they wait.
    ///   - concurrency: overrides the queue's own.
    ///   - gracePeriod: how long jobs in flight may go on after cancellation.
    ///   - control: where operators pause the queue, and where its workers share a rate limit. Without it, there is no
    ///     pause, and a rate limit counts for this worker alone.
    ///   - breakers: one for each dependency that handlers report by ``DependencyUnavailable``.
    ///   - stuckAfter: how long a run may go on after it was cancelled at its deadline before a warning says so.
    ///   - name: of this process, written into dead letters.
    public init(
        queue: QueueDefinition,
        broker: any JobBroker,
        handlers: [any JobHandler] = [],
        batchHandlers: [any BatchJobHandler] = [],
        postponer: (any JobPostponer)? = nil,
        concurrency: Int? = nil,
        gracePeriod: Duration = .seconds(20),
        control: any QueueControl = InMemoryQueueControl(),
        breakers: [CircuitBreaker] = [],
        stuckAfter: Duration = .seconds(10),
        name: String = ProcessName.current,
        logger: Logger = Logger(label: "jobs.worker"),
        metrics: MetricsRegistry = .shared
    ) {
        self.queue = queue
        self.broker = broker
        self.concurrency = concurrency ?? queue.concurrency
        self.gracePeriod = gracePeriod
        self.stuckAfter = stuckAfter
        self.logger = logger.with([.queue: .string(queue.name)])
        let runners = handlers.map { JobRunner(plain: $0) } + batchHandlers.map { JobRunner(batch: $0, of: queue) }
        handledJobs = runners.map(\.jobName)
        pipeline = JobPipeline(
            runners: runners,
            policy: SettlementPolicy(queue: queue, worker: name, canPostpone: postponer != nil),
            broker: broker,
            postponer: postponer,
            deadline: .seconds(queue.deadlineSeconds),
            breakers: breakers,
            logger: self.logger,
            metrics: JobMetrics(queue: queue.name, registry: metrics)
        )
        self.control = WorkerControl(
            queue: queue,
            control: control,
            breakers: breakers,
            logger: self.logger,
            metrics: metrics
        )
    }

    /// Runs that go on well past their deadline although they were cancelled: each keeps one of the places for good.
    public var stuckRuns: Int { Int(pipeline.metrics.stuck.value) }

    /// Works until cancelled; then jobs in flight get the grace period, and what has not started goes back to the queue.
    ///
    /// - Throws: ``WorkerError`` when the broker lacks queues that the worker needs, or a job has two handlers.
    public func run() async throws {
        try checkHandlers()
        if queue.longestHold > QueueDefinition.defaultConsumerTimeout {
            logger.warning("Jobs may be held longer than the broker allows", [.seconds: .int(queue.longestHold)])
        }
        try await checkQueues()
        let lanes = [lane(), suspectLane()]
        // Before anything is consumed: a paused queue must not lose a single job to a worker that starts.
        await control.turn(lanes)
        logger.info("Worker started", [.concurrency: .int(concurrency)])
        // Not waited for: a broker that does not answer must not hold up the end.
        let watching = Task { await pipeline.metrics.age.watch(queue.workedQueues, on: broker) }
        defer { watching.cancel() }
        try await withThrowingTaskGroup { group in
            group.addTask { await control.run(lanes) }
            for lane in lanes {
                group.addTask { try await lane.run(gracePeriod: gracePeriod) }
            }
            defer { group.cancelAll() }
            // Whoever ends first takes the others along.
            for try await _ in group { group.cancelAll() }
        }
        logger.info("Worker stopped")
    }

    /// The queue's own, with its urgent jobs.
    private func lane() -> Lane {
        let largestBatch = pipeline.runners.map(\.maximumBatch).max() ?? 1
        let prefetch = queue.prefetch(concurrency: concurrency, batchSize: largestBatch)
        var subscriptions = [
            Lane.Source(queue: queue.name, consumer: broker.consumer(of: queue.name, prefetch: prefetch))
        ]
        pipeline.metrics.setConcurrency(concurrency)
        for source in queue.workedQueues { pipeline.metrics.setPrefetch(prefetch, of: source) }
        if queue.urgent != nil {
            let consumer = broker.consumer(of: queue.urgentQueue, prefetch: prefetch)
            subscriptions.append(Lane.Source(queue: queue.urgentQueue, consumer: consumer, isUrgent: true))
        }
        return Lane(
            subscriptions,
            pipeline: pipeline,
            concurrency: concurrency,
            urgentShare: queue.urgent?.share ?? 0,
            suspectAfter: Self.suspectAfter,
            stuckAfter: stuckAfter,
            onHeld: control.jobsAreHeld
        )
    }

    private func suspectLane() -> Lane {
        Lane(
            [Lane.Source(queue: queue.suspectQueue, consumer: broker.consumer(of: queue.suspectQueue, prefetch: 1))],
            pipeline: pipeline,
            concurrency: 1,
            suspectAfter: nil,
            stuckAfter: stuckAfter,
            onHeld: control.jobsAreHeld
        )
    }

    /// One loss is an ordinary restart. RabbitMQ counts each unsettled delivery of a vanished consumer, so after two a
    /// message either was unlucky or is the reason.
    private static let suspectAfter = 2

    private func checkHandlers() throws(WorkerError) {
        let names = Dictionary(grouping: handledJobs, by: \.self).filter { $1.count > 1 }.keys.sorted()
        guard names.isEmpty else { throw .twoHandlers(names) }
    }

    private func checkQueues() async throws {
        let backoff = Backoff(base: .milliseconds(500), cap: .seconds(10))
        var attempt = 1
        while true {
            do {
                let missing = try await broker.missing(queues: queue.allQueues)
                guard missing.isEmpty else { throw WorkerError.missingQueues(missing) }
                return
            } catch let error as JobPublishError {
                logger.warning(
                    "Broker cannot be asked for the queues; trying again",
                    [.error: .describing(error), .attempt: .int(attempt)]
                )
            }
            try await Task.sleep(for: backoff.delay(attempt: attempt))
            attempt += 1
        }
    }
}

/// Why a worker cannot work.
public enum WorkerError: Error, Equatable, CustomStringConvertible {
    /// The broker lacks these queues, in the order in which they are declared.
    case missingQueues([String])
    /// These jobs have more than one handler in one worker.
    case twoHandlers([String])

    public var description: String {
        switch self {
        case .missingQueues(let names):
            "the broker has no queue \(names.joined(separator: ", ")): run `wharf queues apply`"
        case .twoHandlers(let names):
            "the worker has more than one handler for \(names.joined(separator: ", ")): give it one for each job"
        }
    }
}
