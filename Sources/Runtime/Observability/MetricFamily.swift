/// What Prometheus calls a metric's type.
public enum MetricKind: String, Sendable {
    /// Only grows; restarts begin at zero.
    case counter
    /// Goes up and down.
    case gauge
    /// Observations counted in buckets.
    case histogram
}

/// What a reader given to ``MetricsRegistry/collect(_:help:kind:_:)`` answers.
public struct MetricSample: Sendable {
    /// What tells the series from others of its name.
    public let labels: [String: String]
    /// In the unit that the family's name ends with.
    public let value: Double

    /// One series' value at this moment.
    public init(_ value: Double, labels: [String: String] = [:]) {
        self.labels = labels
        self.value = value
    }
}

/// All series of one metric's name.
struct MetricFamily: Sendable {
    enum Series: Sendable {
        case counter(Counter)
        case gauge(Gauge)
        case histogram(Histogram)
    }

    let name: String
    let help: String
    let kind: MetricKind
    var readers: [@Sendable () -> [MetricSample]] = []
    private var series: [[String: String]: Series] = [:]

    init(name: String, help: String, kind: MetricKind) {
        precondition(Self.isName(name), "\(name) is no metric name")
        self.name = name
        self.help = help
        self.kind = kind
    }

    mutating func series(
        _ labels: [String: String],
        as kind: MetricKind,
        maximum: Int,
        make: () -> Series
    ) -> Series {
        precondition(kind == self.kind, "\(name) is a \(self.kind), not a \(kind)")
        if let known = series[labels] { return known }
        precondition(labels.keys.allSatisfy(Self.isName), "\(name) has a label that is no label name")
        let kept = series.count < maximum ? labels : labels.mapValues { _ in "other" }
        if let known = series[kept] { return known }
        let new = make()
        series[kept] = new
        return new
    }

    func render() -> String {
        var lines = ["# HELP \(name) \(Self.escapedHelp(help))", "# TYPE \(name) \(kind.rawValue)"]
        let sorted = series.map { (labels: Self.render($0.key), series: $0.value) }.sorted { $0.labels < $1.labels }
        for (labels, series) in sorted {
            switch series {
            case .counter(let counter): lines.append("\(name)\(Self.braced(labels)) \(Self.number(counter.value))")
            case .gauge(let gauge): lines.append("\(name)\(Self.braced(labels)) \(Self.number(gauge.value))")
            case .histogram(let histogram): lines += render(histogram, labels)
            }
        }
        for sample in readers.flatMap({ $0() }) {
            lines.append("\(name)\(Self.braced(Self.render(sample.labels))) \(Self.number(sample.value))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func render(_ histogram: Histogram, _ labels: String) -> [String] {
        let state = histogram.snapshot
        var lines: [String] = []
        var cumulated: UInt64 = 0
        let prefix = labels.isEmpty ? "" : labels + ","
        for (bound, count) in zip(histogram.bounds.map(Self.number) + ["+Inf"], state.counts) {
            cumulated += count
            lines.append("\(name)_bucket{\(prefix)le=\"\(bound)\"} \(cumulated)")
        }
        lines.append("\(name)_sum\(Self.braced(labels)) \(Self.number(state.sum))")
        lines.append("\(name)_count\(Self.braced(labels)) \(cumulated)")
        return lines
    }

    private static func braced(_ labels: String) -> String { labels.isEmpty ? "" : "{\(labels)}" }

    private static func render(_ labels: [String: String]) -> String {
        labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escapedLabel($0.value))\"" }.joined(separator: ",")
    }

    private static func escapedLabel(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": out += #"\\"#
            case "\"": out += #"\""#
            case "\n": out += #"\n"#
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    private static func escapedHelp(_ text: String) -> String {
        text.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: #"\\"#)
            .split(separator: "\n", omittingEmptySubsequences: false).joined(separator: #"\n"#)
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }

    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return name.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
            default: false
            }
        }
    }
}
