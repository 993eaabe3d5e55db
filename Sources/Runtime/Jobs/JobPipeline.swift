import Foundation
import Lifecycle
import Observability
import Topology

/// The straight line of a run: decode, run, classify, settle.
struct JobPipeline: Sendable {
    /// The handlers', then the two that run nothing: for jobs that no handler takes, and for suspects.
    let runners: [JobRunner]
    private let byJob: [String: Int]
    private let policy: SettlementPolicy
    private let broker: any JobBroker
    private let postponer: (any JobPostponer)?
    private let deadline: Duration
    private let logger: Logger
    private let breakers: [CircuitBreaker]
    let metrics: JobMetrics

    init(
        runners: [JobRunner],
        policy: SettlementPolicy,
        broker: any JobBroker,
        postponer: (any JobPostponer)?,
        deadline: Duration,
        breakers: [CircuitBreaker],
        logger: Logger,
        metrics: JobMetrics
    ) {
        // Job names come from messages: what no handler knows shares one name, or the metrics' labels would grow.
        self.runners = runners + [JobRunner(.unknownJob, jobName: "unknown"), JobRunner(.suspect, jobName: "suspect")]
        // A worker with two handlers for one job does not start.
        byJob = Dictionary(runners.enumerated().map { ($1.jobName, $0) }) { first, _ in first }
        self.policy = policy
        self.broker = broker
        self.postponer = postponer
        self.deadline = deadline
        self.breakers = breakers
        self.logger = logger
        self.metrics = metrics
    }

    /// The index of the runner for a delivery.
    func runner(for delivery: JobDelivery, isSuspect: Bool) -> Int {
        if isSuspect { return runners.count - 1 }
        return byJob[delivery.envelope.name] ?? runners.count - 2
    }

    func newRun(of deliveries: [JobDelivery]) -> JobRun {
        let limits = deliveries.lazy.map { $0.envelope.deadlineSeconds.map { Duration.seconds($0) } ?? deadline }
        return JobRun(limit: limits.min() ?? deadline)
    }

    /// - Parameter onDown: called when a dependency has turned out to be down, before the jobs are settled.
    func process(
        _ deliveries: [JobDelivery],
        with runner: JobRunner,
        as run: JobRun,
        onDown: () -> Void
    ) async {
        metrics.inFlight.add(deliveries.count)
        defer { metrics.inFlight.add(-deliveries.count) }
        let started = Tracing.Moment.now
        let contexts = deliveries.map { context(of: $0, in: run) }
        let verdicts = await run.handle { await runner.run(contexts) { classify($0, in: run) } }
        metrics.observe(runner.jobName, took: started.elapsed)
        if !breakers.isEmpty, isDown(after: verdicts) { onDown() }

        var moves: [(JobDelivery, Settlement)] = []
        for (index, delivery) in deliveries.enumerated() {
            let decision = decide(verdicts[index], for: contexts[index].envelope, of: runner)
            record(contexts[index], decision, of: runner, since: started)
            let settlement = decision.settlement
            switch settlement {
            case .ack:
                Failpoint.hit(.jobBeforeAck)
                delivery.ack()
            case .move, .postpone: moves.append((delivery, settlement))
            case .leave: break
            }
        }
        await withDiscardingTaskGroup { group in
            for (delivery, settlement) in moves {
                group.addTask { await carryOut(settlement, for: delivery) }
            }
        }
    }

    /// Tells the breakers, and whether one of them is open.
    private func isDown(after verdicts: [Verdict]) -> Bool {
        for case .unavailable(let dependency) in verdicts {
            guard let breaker = breakers.first(where: { $0.dependency == dependency.dependency }) else { continue }
            breaker.runFailed(dependency.reason)
            return breaker.isOpen
        }
        if verdicts.contains(.finished(.done)) { for breaker in breakers { breaker.runSucceeded() } }
        return false
    }

    /// Says it once for a run: it keeps its place among those that run at once, and may never end.
    func warnStuck(_ deliveries: [JobDelivery]) {
        metrics.stuck.add(1)
        var fields = deliveries.first?.envelope.logFields ?? [:]
        fields[.count] = .int(deliveries.count)
        logger.error("Job goes on past its deadline although it was cancelled", fields)
    }

    private func carryOut(_ settlement: Settlement, for delivery: JobDelivery) async {
        switch settlement {
        case .move(let envelope, let queue): await move(delivery, as: envelope, to: queue)
        case .postpone(let envelope, let due, let queue, let rung):
            if await postpone(envelope, until: due, queue: queue) { return delivery.ack() }
            await move(delivery, as: envelope, to: rung)
        case .ack, .leave: break
        }
    }

    /// - Returns: whether the job is kept.
    private func postpone(_ envelope: JobEnvelope, until due: Date, queue: String) async -> Bool {
        guard let postponer else { return false }
        do {
            try await postponer.postpone(envelope, until: due, queue: queue)
            return true
        } catch {
            logger.warning(
                "Job could not be postponed; it waits on the longest rung instead",
                [.jobID: .string(envelope.id), .error: .describing(error)]
            )
            return false
        }
    }

    /// Puts jobs that were not started back into their queue, behind the others there.
    ///
    /// They are published anew, since RabbitMQ counts whatever a consumer leaves unsettled as a failed delivery: after
    /// two rolling restarts, jobs that never ran would be suspects. What has come back before keeps its count in a header:
    /// it is all that tells a job that kills its worker from its neighbours.
    func giveBack(_ deliveries: [JobDelivery], to queue: String) async {
        metrics.givenBack.increment(by: deliveries.count)
        logger.info("Jobs not started go back to their queue", [.count: .int(deliveries.count)])
        await withDiscardingTaskGroup { group in
            for delivery in deliveries {
                var envelope = delivery.envelope
                envelope.earlierDeliveries = delivery.deliveryCount
                group.addTask { [envelope] in await move(delivery, as: envelope, to: queue) }
            }
        }
    }

    private func context(of delivery: JobDelivery, in run: JobRun) -> JobContext {
        var envelope = delivery.envelope
        if let wait = delivery.firstWait { metrics.waited.observe(wait) }
        let published = TraceContext.continuing(envelope.traceparent)
        let trace = published ?? .new()
        // A job that came without a trace keeps that of its first run, over retries and among the dead letters.
        if published == nil { envelope.traceparent = trace.traceparent }
        return JobContext(envelope: envelope, deadline: run.deadline, logger: logger, trace: trace)
    }

    private func classify(_ error: any Error, in run: JobRun) -> Verdict {
        switch run.interruption {
        case .deadline:
            .finished(.retry(reason: "the deadline of \(run.limit) has passed"), errorType: "DeadlineExceeded")
        case .shutdown: .interrupted
        case nil: Verdict(thrown: error)
        }
    }

    private func decide(
        _ verdict: Verdict,
        for envelope: JobEnvelope,
        of runner: JobRunner
    ) -> SettlementPolicy.Decision {
        let decision = policy.decide(verdict, for: envelope, at: Date(), coin: .random())
        metrics.count(runner.jobName, outcome: decision.outcome)
        log(decision, of: envelope)
        return decision
    }

    /// The run of one job; those of a batch have the same time, each in its own trace.
    private func record(
        _ context: JobContext,
        _ decision: SettlementPolicy.Decision,
        of runner: JobRunner,
        since started: Tracing.Moment
    ) {
        Tracing.record(
            "process \(runner.jobName)",
            .consumer,
            context.trace,
            since: started,
            context.envelope.spanAttributes.merging([
                "messaging.operation.type": "process", "wharf.job.outcome": .string(decision.outcome),
                "wharf.job.attempt": .int(context.envelope.attempt),
            ]) { _, own in own },
            error: decision.outcome == "done" ? nil : decision.outcome
        )
    }

    private func log(_ decision: SettlementPolicy.Decision, of envelope: JobEnvelope) {
        func fields() -> [LogKey: LogValue] {
            var fields = envelope.logFields
            fields[.outcome] = .string(decision.outcome)
            if let reason = decision.reason { fields[.reason] = .string(reason) }
            return fields
        }
        if let death = decision.death {
            metrics.countDead(death)
            return logger.error("Job given up", fields())
        }
        switch decision.settlement {
        case .ack: logger.debug("Job done", fields())
        // To snooze is no failure, and a dependency that is down makes many snooze.
        case .move where decision.outcome == "snooze", .postpone where decision.outcome == "snooze":
            logger.info("Job not done; it will be run again", fields())
        case .move, .postpone: logger.warning("Job not done; it will be run again", fields())
        case .leave: logger.notice("Job interrupted; it stays with the broker", fields())
        }
    }

    /// Publishes the job elsewhere, and acks it only when the broker has confirmed that.
    ///
    /// Until then it is held unacked and the move is tried again: a requeue would count against its delivery limit, and
    /// a broker that takes no publishes for a minute would make dead letters of innocents.
    private func move(_ delivery: JobDelivery, as envelope: JobEnvelope, to queue: String) async {
        let backoff = Backoff(base: .milliseconds(500), cap: .seconds(5))
        var attempt = 1
        while !delivery.isLost, !Task.isCancelled {
            do {
                try await broker.send(envelope, toQueue: queue)
                Failpoint.hit(failpoint(movingTo: queue))
                return delivery.ack()
            } catch {
                metrics.unmoved.increment()
                logger.warning(
                    "Job could not be moved; trying again",
                    [.jobID: .string(envelope.id), .routingKey: .string(queue), .error: .describing(error)]
                )
            }
            try? await Task.sleep(for: backoff.delay(attempt: attempt))
            attempt += 1
        }
    }

    private func failpoint(movingTo queue: String) -> FailpointName {
        switch queue {
        case policy.queue.deadQueue: .jobMidDeadLetter
        case policy.queue.suspectQueue: .jobMidSuspect
        default: .jobMidRetry
        }
    }
}

extension JobEnvelope {
    var logFields: [LogKey: LogValue] {
        [.jobID: .string(id), .jobName: .string(name), .attempt: .int(attempt)]
    }
}

extension JobDelivery {
    /// How long it has waited since it was due; `nil` for a job that was run or handed out before, and for a replayed one:
    /// what that waited among the dead letters says nothing about its queue.
    var firstWait: Duration? {
        guard envelope.attempt == 1, envelope.replays == 0, deliveryCount == 0 else { return nil }
        return .seconds(max(0, -envelope.enqueuedAt.timeIntervalSinceNow))
    }
}

extension JobContext {
    var logFields: [LogKey: LogValue] { envelope.logFields }
}
