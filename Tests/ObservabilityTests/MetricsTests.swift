import Foundation
import Observability
import Testing

@Suite struct MetricsTests {
    @Test func theTextFormat() {
        let registry = MetricsRegistry()
        registry.counter("b_total", help: "Things\ndone \\ here.", labels: ["queue": "a\"b\\c\nd"]).increment(by: 2)
        registry.counter("b_total", help: "ignored", labels: ["queue": "a"]).increment(by: 0.5)
        registry.gauge("a_bytes", help: "Size.").set(-3)
        let histogram = registry.histogram("c_seconds", help: "Took.", buckets: [0.1, 1], labels: ["x": "y"])
        for value in [0.1, 0.5, 7] { histogram.observe(value) }
        registry.collect("d", help: "Pulled.") { [MetricSample(1, labels: ["k": "v"]), MetricSample(.infinity)] }
        #expect(
            registry.render() == #"""
                # HELP a_bytes Size.
                # TYPE a_bytes gauge
                a_bytes -3
                # HELP b_total Things\ndone \\ here.
                # TYPE b_total counter
                b_total{queue="a"} 0.5
                b_total{queue="a\"b\\c\nd"} 2
                # HELP c_seconds Took.
                # TYPE c_seconds histogram
                c_seconds_bucket{x="y",le="0.1"} 1
                c_seconds_bucket{x="y",le="1"} 2
                c_seconds_bucket{x="y",le="+Inf"} 3
                c_seconds_sum{x="y"} 7.6
                c_seconds_count{x="y"} 3
                # HELP d Pulled.
                # TYPE d gauge
                d{k="v"} 1
                d +Inf

                """#
        )
    }

    @Test func theSameNameAndLabelsAreTheSameMetric() {
        let registry = MetricsRegistry()
        #expect(
            registry.counter("a_total", help: "", labels: ["x": "1", "y": "2"])
                === registry.counter("a_total", help: "", labels: ["y": "2", "x": "1"])
        )
        #expect(registry.gauge("b", help: "") !== registry.gauge("b", help: "", labels: ["x": "1"]))
    }

    @Test func labelCombinationsAreBounded() {
        let registry = MetricsRegistry(maximumSeries: 3)
        for path in 0..<1_000 {
            registry.counter("a_total", help: "", labels: ["path": "/\(path)"]).increment()
        }
        #expect(registry.counter("a_total", help: "", labels: ["path": "/1"]).value == 1)
        #expect(registry.counter("a_total", help: "", labels: ["path": "other"]).value == 997)
        #expect(registry.render().split(separator: "\n").count == 2 + 4)
    }

    @Test func manyThreadsLoseNothing() async {
        let registry = MetricsRegistry()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<5_000 {
                        registry.counter("a_total", help: "").increment()
                        registry.gauge("b", help: "").add(0.5)
                        registry.histogram("c_seconds", help: "").observe(.milliseconds(2))
                    }
                }
            }
        }
        #expect(registry.counter("a_total", help: "").value == 40_000)
        #expect(registry.gauge("b", help: "").value == 20_000)
        #expect(registry.histogram("c_seconds", help: "").count == 40_000)
    }

    @Test func countersDoNotShrink() {
        let counter = MetricsRegistry().counter("a_total", help: "")
        counter.increment(by: 5)
        counter.increment(by: -3)
        #expect(counter.value == 5)
    }

    @Test func theProcessMeasuresItself() throws {
        let registry = MetricsRegistry()
        ProcessMetrics.register(in: registry)
        var values: [String: Double] = [:]
        for line in registry.render().split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: " ")
            values[String(parts[0])] = Double(parts[1])
        }
        #expect(try #require(values["process_cpu_seconds_total"]) > 0)
        #expect(try #require(values["process_resident_memory_bytes"]) > 1_000_000)
        #expect(try #require(values["process_open_fds"]) >= 3)
        #expect(try #require(values["process_threads"]) >= 1)
        // The clock tick and boot time are whole numbers, hence a second or two of slack.
        let start = try #require(values["process_start_time_seconds"])
        let now = Date().timeIntervalSince1970
        #expect(start < now + 2 && start > now - 86_400)
    }
}
