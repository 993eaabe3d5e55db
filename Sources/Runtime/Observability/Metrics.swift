import Synchronization
import Threading

/// A number that only grows, such as requests served.
public final class Counter: Sendable {
    private let total = AtomicDouble()

    /// Adds whole things.
    public func increment(by amount: Int = 1) { increment(by: Double(amount)) }

    /// A negative amount is ignored: a counter that shrinks looks like a restart to Prometheus.
    public func increment(by amount: Double) {
        guard amount >= 0 else { return }
        total.add(amount)
    }

    /// The sum so far.
    public var value: Double { total.value }
}

/// A number that goes up and down, such as connections open.
public final class Gauge: Sendable {
    private let current = AtomicDouble()

    /// Replaces the value.
    public func set(_ value: Int) { current.set(Double(value)) }
    /// Replaces the value.
    public func set(_ value: Double) { current.set(value) }
    /// Adds to the value; subtracts what is negative.
    public func add(_ amount: Int) { current.add(Double(amount)) }
    /// Adds to the value; subtracts what is negative.
    public func add(_ amount: Double) { current.add(amount) }

    /// The value at this moment.
    public var value: Double { current.value }
}

/// How observations are spread, such as the seconds a request took.
public final class Histogram: Sendable {
    struct State: Sendable {
        /// One more than there are bounds: the last one takes what is above them all.
        var counts: [UInt64]
        var sum = 0.0
    }

    let bounds: [Double]
    private let state: Lock<State>

    /// - Parameter bounds: upper bounds of the buckets, ascending; `+Inf` is added.
    init(bounds: [Double]) {
        self.bounds = bounds
        state = Lock(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    /// - Parameter value: in the unit that the metric's name ends in, usually seconds.
    public func observe(_ value: Double) {
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock {
            $0.counts[bucket] += 1
            $0.sum += value
        }
    }

    /// Observes the seconds of `duration`.
    public func observe(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        observe(Double(seconds) + Double(attoseconds) * 1e-18)
    }

    /// How many observations there were.
    public var count: Int { Int(state.withLock { $0.counts.reduce(0, +) }) }
    /// All observations together, in their unit.
    public var sum: Double { state.withLock { $0.sum } }

    var snapshot: State { state.withLock { $0 } }
}

extension Histogram {
    /// From 1 ms to 10 s, for requests and jobs.
    public static let latencyBuckets: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
}

/// A `Double` that many threads add to without a lock.
private final class AtomicDouble: Sendable {
    private let bits = Atomic<UInt64>(0)

    var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    func add(_ amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if exchanged { return }
            old = original
        }
    }
}
