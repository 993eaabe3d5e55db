/// One queue as its file in `queues/` describes it: what reaches it, how it is worked, what happens to failures.
///
/// The names of the queues that belong to it (retry rungs, dead letters, suspects) follow from its own.
public struct QueueDefinition: Equatable, Sendable {
    /// The queue's name, which is its file's and the root of its other queues' names.
    public let name: String
    /// The names of the jobs that go to this queue, which are their routing keys on ``Topology/exchange``.
    public let bindings: [String]
    /// How many runs a worker has in flight: jobs, or batches where the handler takes batches.
    public let concurrency: Int
    /// The longest a run may take; then it is cancelled and retried.
    public let deadlineSeconds: Int
    /// How often the broker redelivers a message whose consumer vanished before it dead-letters it.
    public let deliveryLimit: Int
    /// What happens to jobs that failed.
    public let retry: Retry
    /// Overrides the batch size and wait of a batch handler; `nil` leaves them to the handler.
    public let batch: Batch?
    /// Lets urgent jobs overtake the others by a queue of their own; `nil` where there is only one lane.
    public let urgent: Urgent?
    /// The most runs that the whole fleet starts in a second; `nil` for as many as it can.
    public let rateLimit: RateLimit?
    /// How many processes work the queue.
    public let scaling: Scaling

    /// The way back of a failed job: it waits on one of the rungs and returns to the queue.
    public struct Retry: Equatable, Sendable {
        /// Seconds that a message waits on each rung, ascending.
        public let rungsSeconds: [Int]
        /// Runs that a job gets in all, the first one included.
        public let attempts: Int
        /// Names of the types of errors that another run cannot cure: such a job goes to the dead letters at once.
        public let never: [String]

        /// Checked when it becomes part of a queue's definition.
        public init(rungsSeconds: [Int], attempts: Int, never: [String] = []) {
            self.rungsSeconds = rungsSeconds
            self.attempts = attempts
            self.never = never
        }
    }

    /// A second queue, `<name>.urgent`, worked by the same runs: jobs published with `<binding>.urgent` wait there.
    public struct Urgent: Equatable, Sendable {
        /// Percent of the starts that urgent jobs get while others wait too; the rest is the others'.
        public let share: Int

        /// - Parameter share: in percent, 1 to 99.
        public init(share: Int) { self.share = share }
    }

    /// How much the queue's dependencies bear.
    public struct RateLimit: Equatable, Sendable {
        /// Jobs that all workers of the queue together start in a second.
        public let perSecond: Int

        /// - Parameter perSecond: jobs, over all workers.
        public init(perSecond: Int) { self.perSecond = perSecond }
    }

    /// How much a batch handler gets at once.
    public struct Batch: Equatable, Sendable {
        /// The most jobs in one batch.
        public let size: Int
        /// Milliseconds that the first job of a batch waits for others.
        public let maxWaitMs: Int

        /// - Parameters:
        ///   - size: jobs.
        ///   - maxWaitMs: milliseconds.
        public init(size: Int, maxWaitMs: Int) {
            self.size = size
            self.maxWaitMs = maxWaitMs
        }
    }

    /// How many processes work the queue.
    public struct Scaling: Equatable, Sendable {
        /// Processes that there always are.
        public let min: Int
        /// Processes that there are at most.
        public let max: Int
        /// Seconds that a job should wait at most before it is run.
        public let targetWaitSeconds: Int
        /// The program that works the queue, by its name in the Procfile; `nil` leaves the number of its processes alone.
        public let program: String?

        /// - Parameters:
        ///   - min: processes.
        ///   - max: processes, no fewer than `min`.
        ///   - targetWaitSeconds: seconds.
        ///   - program: letters, digits, `-` and `_`.
        public init(min: Int, max: Int, targetWaitSeconds: Int, program: String? = nil) {
            self.min = min
            self.max = max
            self.targetWaitSeconds = targetWaitSeconds
            self.program = program
        }
    }

    /// - Throws: ``TopologyError`` naming the field that makes no sense.
    public init(
        name: String,
        bindings: [String],
        concurrency: Int = 16,
        deadlineSeconds: Int = 30,
        deliveryLimit: Int = 20,
        retry: Retry = Retry(rungsSeconds: [5, 30, 120, 600], attempts: 8),
        batch: Batch? = nil,
        urgent: Urgent? = nil,
        rateLimit: RateLimit? = nil,
        scaling: Scaling = Scaling(min: 1, max: 1, targetWaitSeconds: 30)
    ) throws(TopologyError) {
        self.name = name
        self.bindings = bindings
        self.concurrency = concurrency
        self.deadlineSeconds = deadlineSeconds
        self.deliveryLimit = deliveryLimit
        self.retry = retry
        self.batch = batch
        self.urgent = urgent
        self.rateLimit = rateLimit
        self.scaling = scaling
        try check()
    }
}

extension QueueDefinition {
    /// Where jobs end that cannot be done, each with its reason in the headers.
    public var deadQueue: String { "\(name).dead" }
    /// Where jobs go that may have killed their worker, to be run one at a time.
    public var suspectQueue: String { "\(name).suspect" }
    /// The rung on which a job waits `seconds` before it returns.
    public func retryQueue(seconds: Int) -> String { "\(name).retry.\(seconds)s" }

    /// Where urgent jobs wait. It exists only where ``urgent`` is set.
    public var urgentQueue: String { "\(name).urgent" }
    /// The rung on which an urgent job waits `seconds` before it returns to the urgent ones.
    public func urgentRetryQueue(seconds: Int) -> String { "\(urgentQueue).retry.\(seconds)s" }
    /// The routing key of an urgent job that is bound here by `binding`.
    static func urgentKey(_ binding: String) -> String { "\(binding).urgent" }

    /// Whether a job with this routing key belongs to the urgent ones.
    public func isUrgent(routingKey: String) -> Bool {
        urgent != nil && bindings.contains { Self.urgentKey($0) == routingKey }
    }

    /// The queues in which jobs wait for a worker: its own, and the urgent ones where there are such.
    public var workedQueues: [String] { [name] + (urgent == nil ? [] : [urgentQueue]) }

    /// The queue and all that belong to it.
    public var allQueues: [String] {
        var names = [name] + retry.rungsSeconds.map(retryQueue)
        if urgent != nil { names += [urgentQueue] + retry.rungsSeconds.map(urgentRetryQueue) }
        return names + [suspectQueue, deadQueue]
    }

    /// Messages that a worker holds for `concurrency` runs: as many again as it runs, so that the next one is there when
    /// a run ends, and no more, since those are the ones that wait when a worker is stopped or dies.
    public func prefetch(concurrency: Int, batchSize: Int = 1) -> Int { 2 * concurrency * batchSize }
}
