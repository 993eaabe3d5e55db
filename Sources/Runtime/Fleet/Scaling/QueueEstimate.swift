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
    private var last: (at: Double, workers: [Int32: WorkerFigures], waiting: Int)?
    private var lastDelivery: Double?
    private var arrivals: Double?
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
        learn(seconds: difference(workers, \.runSeconds), jobs: difference(workers, \.jobs), at: now)
        var sample = QueueSample(
            ready: broker.map(\.ready).reduce(0, +),
            unacked: broker.map(\.unacked).reduce(0, +),
            running: workers.values.map(\.running).reduce(0, +),
            arrivalsPerSecond: average(broker.map(\.publishRate).reduce(0, +), at: now),
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
        last = (now, workers, sample.waiting)
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

    private mutating func average(_ rate: Double, at now: Double) -> Double {
        let before = arrivals ?? rate
        let weight = last.map { exp(-(now - $0.at) / Self.arrivalsPeriod) } ?? 0
        let average = rate + (before - rate) * weight
        // What is left of a rate that has ended never reaches zero by itself.
        arrivals = rate == 0 && average < 0.01 ? 0 : average
        return arrivals ?? rate
    }

    private mutating func learn(seconds: Double, jobs new: Double, at now: Double) {
        guard new > 0 else { return }
        let age = last.map { now - $0.at } ?? 0
        let weight = exp2(-age / Self.halfLife)
        runSeconds = runSeconds * weight + seconds
        jobs = jobs * weight + new
    }
}
