import Threading

/// All metrics of a process, and their text for Prometheus.
///
/// Asking for a metric that exists returns the same object, so a metric needs no home: but keep what you got where the
/// path is hot, since asking takes a lock and a lookup.
public final class MetricsRegistry: Sendable {
    /// The registry that `/metrics` shows.
    public static let shared = MetricsRegistry()

    private let families = Lock<[String: MetricFamily]>([:])
    private let maximumSeries: Int

    /// - Parameter maximumSeries: the most label combinations that one metric may have. What comes after shares one
    ///   series whose labels all say `other`: a label fed from outside must not fill the memory of two processes.
    public init(maximumSeries: Int = 500) { self.maximumSeries = maximumSeries }

    /// - Parameters:
    ///   - name: `snake_case`, with the unit, ending in `_total`.
    ///   - labels: the label values of this one series.
    public func counter(_ name: String, help: String, labels: [String: String] = [:]) -> Counter {
        guard case .counter(let counter) = series(name, help, .counter, labels, make: { .counter(Counter()) }) else {
            preconditionFailure("\(name) is no counter")
        }
        return counter
    }

    /// - Parameter name: `snake_case`, with the unit.
    public func gauge(_ name: String, help: String, labels: [String: String] = [:]) -> Gauge {
        guard case .gauge(let gauge) = series(name, help, .gauge, labels, make: { .gauge(Gauge()) }) else {
            preconditionFailure("\(name) is no gauge")
        }
        return gauge
    }

    /// - Parameters:
    ///   - name: `snake_case`, with the unit, usually `_seconds`.
    ///   - buckets: upper bounds, ascending; every series of one metric has the same.
    public func histogram(
        _ name: String,
        help: String,
        buckets: [Double] = Histogram.latencyBuckets,
        labels: [String: String] = [:]
    ) -> Histogram {
        precondition(zip(buckets, buckets.dropFirst()).allSatisfy(<), "buckets of \(name) must ascend")
        let series = series(name, help, .histogram, labels) { .histogram(Histogram(bounds: buckets)) }
        guard case .histogram(let histogram) = series else { preconditionFailure("\(name) is no histogram") }
        return histogram
    }

    /// Adds a reader that is asked at each scrape, for numbers that somebody already keeps. Several readers may feed one
    /// name (two pools): their labels must differ.
    public func collect(
        _ name: String,
        help: String,
        kind: MetricKind = .gauge,
        _ read: @escaping @Sendable () -> [MetricSample]
    ) {
        families.withLock { families in
            families[name, default: MetricFamily(name: name, help: help, kind: kind)].readers.append(read)
        }
    }

    /// Shows a metric's name, type and meaning from the start, where its series come only with what they count.
    public func declare(_ name: String, help: String, kind: MetricKind) {
        families.withLock { families in
            if families[name] == nil { families[name] = MetricFamily(name: name, help: help, kind: kind) }
        }
    }

    /// The Prometheus text exposition format, version 0.0.4.
    public func render() -> String {
        // The readers run outside the lock: they may take locks of their own, and may touch metrics.
        families.withLock { Array($0.values) }.sorted { $0.name < $1.name }.map { $0.render() }.joined()
    }

    private func series(
        _ name: String,
        _ help: String,
        _ kind: MetricKind,
        _ labels: [String: String],
        make: () -> MetricFamily.Series
    ) -> MetricFamily.Series {
        families.withLock { families in
            families[name, default: MetricFamily(name: name, help: help, kind: kind)]
                .series(labels, as: kind, maximum: maximumSeries, make: make)
        }
    }
}
