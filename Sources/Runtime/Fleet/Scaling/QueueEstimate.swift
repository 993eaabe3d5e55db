import Foundation
import Topology

/// Makes samples of one queue out of what the broker and the workers say from time to time. Pure.
///
/// The broker's numbers are up to five seconds old (it collects them that often); the workers' are of the moment.
struct QueueEstimate {
    /// After so many seconds of work a measured duration counts half.
    private static let halfLife = 20.0
    /// Seconds without a delivery after which workers that could take jobs and do not are taken for blocked.
    private static let heldAfter = 10.0
    /// Seconds over which arrivals are averaged. A sudden rush shows in what waits long before it shows here.
    static let arrivalsPeriod = 30.0

    private let places: Int
    private let rateLimit: Int?
    private var last: (at: Double, workers: [Int32: WorkerFigures], waiting: Int, there: Int)?
    private var lastDelivery: Double?
    private var average = 0.0
    /// Durations of late, each weighing half as much as those that came a half-life after it.
    private var runSeconds = 0.0
    private var jobs = 0.0

    /// - Parameter concurrency: what stands in for the file's, if anything does.
    init(_ queue: QueueDefinition, concurrency: Int?) {
        self.init(places: concurrency ?? queue.concurrency, rateLimit: queue.rateLimit?.perSecond)
    }

    init(places: Int, rateLimit: Int? = nil) {
        self.places = places
        self.rateLimit = rateLimit
    }

    /// - Parameters:
    ///   - broker: the queue, and its urgent lane where it has one.
    ///   - workers: what each process says, by its id.
    ///   - isPaused: by an operator.
    ///   - limit: what an operator said of the rate limit; `nil` leaves the file's.
    ///   - now: in seconds.
    mutating func sample(
        broker: [QueueStatus],
        workers: [Int32: WorkerFigures],
        isPaused: Bool,
        limit: Int?? = nil,
        at now: Double
    ) -> QueueSample {
        let starts = difference(workers, \.starts)
        let waited = difference(workers, \.waitSeconds)
        let done = difference(workers, \.jobs)
        let there = broker.map { $0.ready + $0.unacked }.reduce(0, +)
        learn(seconds: difference(workers, \.runSeconds), jobs: done, at: now)
        var sample = QueueSample(
            ready: broker.map(\.ready).reduce(0, +),
            unacked: broker.map(\.unacked).reduce(0, +),
            running: workers.values.map(\.running).reduce(0, +),
            arrivalsPerSecond: arrivals(there: there, done: done, at: now),
            secondsPerJob: jobs > 0 ? runSeconds / jobs : nil,
            places: places,
            oldestAgeSeconds: 0
        )
        if starts > 0 || sample.waiting == 0 { lastDelivery = now }
        let sinceDelivery = now - (lastDelivery ?? now)
        if lastDelivery == nil { lastDelivery = now }
        sample.oldestAgeSeconds = starts > 0 ? waited / starts : sinceDelivery
        sample.isGrowing = last.map { sample.waiting > 0 && sample.waiting >= $0.waiting } ?? false
        let isBlocked =
            !workers.isEmpty && sample.running == 0 && sample.ready > 0 && sinceDelivery >= Self.heldAfter
        sample.isHeld = isPaused || isBlocked
        sample.rateLimitPerSecond = limit ?? rateLimit
        last = (now, workers, sample.waiting, there)
        return sample
    }

    /// What came since the last look. A process that is new says it since its start; one that is gone says nothing more.
    private func difference(_ workers: [Int32: WorkerFigures], _ figure: KeyPath<WorkerFigures, Double>) -> Double {
        workers.map { id, now in
            // A counter that fell is another process under an id that was used before.
            let before = last?.workers[id]?[keyPath: figure] ?? 0
            return now[keyPath: figure] >= before ? now[keyPath: figure] - before : now[keyPath: figure]
        }.reduce(0, +)
    }

    /// What came is what was done and what there is more of. The broker's own rates say less: they are of one of its
    /// intervals, often an empty one, and know nothing of jobs that come back from a retry.
    private mutating func arrivals(there: Int, done: Double, at now: Double) -> Double {
        guard let last, now > last.at else { return max(0, average) }
        let rate = (done + Double(there - last.there)) / (now - last.at)
        average = rate + (average - rate) * exp(-(now - last.at) / Self.arrivalsPeriod)
        // What is left of a rate that has ended never reaches zero by itself.
        if rate == 0 && abs(average) < 0.01 { average = 0 }
        return max(0, average)
    }

    private mutating func learn(seconds: Double, jobs new: Double, at now: Double) {
        guard new > 0 else { return }
        let age = last.map { now - $0.at } ?? 0
        let weight = exp2(-age / Self.halfLife)
        runSeconds = runSeconds * weight + seconds
        jobs = jobs * weight + new
    }
}
