import Foundation
import JobControl
import Jobs
import Topology

/// What is known about one queue and those that belong to it.
struct QueueObservation {
    var definition: QueueDefinition
    /// Of the broker, by their names; a queue that is missing there is missing here.
    var broker: [String: QueueStatus]
    /// What operators said; `nil` when nothing.
    var said: QueueControlStore.Entry?
    /// Of what the workers' metrics say; `nil` where no program's metrics could be read.
    var workers: WorkerReport?

    struct WorkerReport: Equatable {
        /// Processes that work the queue.
        var processes = 0
        /// Seconds that the oldest job has waited.
        var oldestAge: Double?
        /// Dependencies that its workers wait for.
        var down: [String] = []
        /// Runs that ignore their deadline.
        var stuckRuns = 0
    }

    /// The queue's own and the urgent ones.
    private var working: [QueueStatus] {
        definition.workedQueues.compactMap { broker[$0] }
    }

    var ready: Int { working.reduce(0) { $0 + $1.ready } }
    var unacked: Int { working.reduce(0) { $0 + $1.unacked } }
    var consumers: Int { working.map(\.consumers).max() ?? 0 }
    var publishRate: Double { working.reduce(0) { $0 + $1.publishRate } }
    var ackRate: Double { working.reduce(0) { $0 + $1.ackRate } }
    var dead: Int { broker[definition.deadQueue]?.ready ?? 0 }
    var suspects: Int { broker[definition.suspectQueue]?.ready ?? 0 }

    /// Jobs that wait on a rung for their next run.
    var retrying: Int {
        let others = definition.workedQueues + [definition.deadQueue, definition.suspectQueue]
        return definition.allQueues.filter { !others.contains($0) }.reduce(0) { $0 + (broker[$1]?.ready ?? 0) }
    }

    /// Jobs a second that all workers together may start; `nil` for any number.
    var limit: Int? {
        switch said?.state.rate ?? .standard {
        case .perSecond(let rate): rate
        case .unlimited: nil
        case .standard: definition.rateLimit?.perSecond
        }
    }
}

/// The on-call engineer's questions about one queue, answered. Pure.
struct QueueDiagnosis: Equatable {
    enum State: String {
        case idle
        case working
        /// It empties, but its oldest job has waited longer than it should.
        case late
        /// More comes in than goes out.
        case growing
        case paused
        /// Jobs wait, and none is started.
        case stuck
    }

    var state: State
    /// Since when it is so, as far as that is known.
    var since: Date?
    var why: String
    var ifYouWait: String
    /// A command, where one helps.
    var fix: String

    /// Whether somebody has to look at it.
    var needsSomebody: Bool { state != .idle && state != .working }
}

extension QueueDiagnosis {
    init(_ queue: QueueObservation, at now: Date) {
        let definition = queue.definition
        let name = definition.name
        let program = definition.scaling.program ?? "its worker"
        let arrivals =
            queue.publishRate >= 0.05 ? "\(Self.rate(queue.publishRate)) more come a second" : "few more come"
        since = queue.workers?.oldestAge.map { now.addingTimeInterval(-$0) }

        if queue.broker[name] == nil {
            (state, since) = (.stuck, nil)
            why = "the broker has no queue \(name)"
            ifYouWait = "its jobs stay in the outbox; none is lost"
            fix = "wharf queues apply"
        } else if let paused = queue.said?.pause {
            (state, since) = (.paused, queue.said?.pausedAt)
            why = "paused \(paused)"
            ifYouWait = "nothing of it is done, \(arrivals)"
            fix = "wharf queues resume \(name)"
        } else if queue.ready == 0 {
            (state, since) = (queue.unacked == 0 ? .idle : .working, nil)
            why = queue.unacked == 0 ? "nothing waits" : "all that came is being worked on"
            (ifYouWait, fix) = ("-", "-")
        } else if queue.consumers == 0 {
            state = .stuck
            if let down = queue.workers?.down.first {
                why = "\(down) is down, and its workers wait for it"
                ifYouWait =
                    "they ask it at least every 30 s and go on by themselves; no job dies or spends an attempt; \(arrivals)"
                fix = "bring \(down) back; wharf doctor says what it answers"
            } else if let workers = queue.workers, workers.processes > 0 {
                why = "\(workers.processes) of \(program) run, but none has subscribed"
                ifYouWait = "they try again and again; \(arrivals)"
                fix = "wharf doctor says what they cannot reach"
            } else {
                why = queue.workers == nil ? "nobody has subscribed" : "\(program) does not run"
                ifYouWait = "nothing of it is done, \(arrivals)"
                fix = "start \(program): wharf fleet, docker compose up -d, or kubectl scale"
            }
        } else {
            (state, why, ifYouWait, fix) = Self.moving(queue)
        }
    }

    /// There are jobs and consumers.
    private static func moving(_ queue: QueueObservation) -> (State, String, String, String) {
        let (name, scaling) = (queue.definition.name, queue.definition.scaling)
        let net = queue.ackRate - queue.publishRate
        let isLate = queue.workers?.oldestAge.map { $0 > Double(scaling.targetWaitSeconds) } ?? false
        let pace = "\(rate(queue.ackRate)) done a second, \(rate(queue.publishRate)) come"
        if let limit = queue.limit, queue.ackRate >= 0.8 * Double(limit) {
            let wait = net > 0 ? "empty in \(time(Double(queue.ready) / net))" : "it grows: \(pace)"
            return (isLate ? .late : .working, "limited to \(limit)/s", wait, "wharf queues limit \(name) off")
        }
        if queue.ackRate < 0.05 {
            let stuck = queue.workers?.stuckRuns ?? 0
            let why =
                stuck > 0
                ? "\(stuck) runs ignore their deadline and keep their places"
                : "its workers have finished no job lately"
            let wait = "runs are cancelled after \(queue.definition.deadlineSeconds) s and tried again"
            let fix = stuck > 0 ? "restart \(scaling.program ?? "its worker")" : "look at its log, and at wharf doctor"
            // Statistics are some seconds old: what has just come is no trouble.
            return (isLate || stuck > 0 ? .stuck : .working, why, wait, fix)
        }
        if net > 0 {
            let wait = "empty in \(time(Double(queue.ready) / net)) at this pace"
            return (isLate ? .late : .working, pace, wait, isLate ? "wharf fleet scale \(name) N, or wait" : "-")
        }
        let processes = queue.workers?.processes ?? 0
        let fix =
            processes >= scaling.max
            ? "raise scaling.max in queues/\(name).json; all \(scaling.max) workers are there"
            : "wharf fleet scale \(name) \(min(scaling.max, max(1, processes) + 1))"
        return (isLate ? .growing : .working, pace, "it grows, and jobs wait longer and longer", isLate ? fix : "-")
    }

    private static func rate(_ value: Double) -> String {
        value >= 10 ? String(Int(value.rounded())) : String((value * 10).rounded() / 10)
    }

    /// For people: no more exact than they care for.
    static func time(_ seconds: Double) -> String {
        switch seconds {
        case ..<120: "\(Int(seconds.rounded(.up))) s"
        case ..<7_200: "\(Int((seconds / 60).rounded())) min"
        default: "\(Int((seconds / 3_600).rounded())) h"
        }
    }
}
