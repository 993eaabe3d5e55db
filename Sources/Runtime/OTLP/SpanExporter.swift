import Foundation
import HTTPClient
import Lifecycle
package import Observability
import Synchronization
import Threading

/// Sends finished spans to an OpenTelemetry collector, in batches, by OTLP/HTTP in JSON.
///
/// Work never waits for it: what the collector does not take in time is dropped and counted.
package final class SpanExporter: Service {
    /// Where spans go, and as whose.
    package struct Configuration: Sendable, Equatable {
        /// The collector's path for traces, such as `http://localhost:4318/v1/traces`.
        package var url: String
        package var headers: [String: String] = [:]
        /// Attributes of this program, `service.name` among them.
        package var resource: [String: String] = [:]

        package init(url: String) { self.url = url }
    }

    /// Spans that wait at most; OpenTelemetry's default.
    private static let capacity = 2_048
    private static let batchSize = 512
    /// Between two batches.
    private static let interval: Duration = .seconds(1)
    /// For one batch; the last one's is what a collector that hangs can delay a program's end by.
    private static let timeout: Duration = .seconds(5)

    private let configuration: Configuration
    private let client = HTTPClient()
    private let waiting = Lock<[Span]>([])
    private let isFailing = Atomic(false)
    private let exported: Counter
    private let dropped: Counter
    private let logger = Logger(label: "traces")

    package init(_ configuration: Configuration, metrics: MetricsRegistry = .shared) {
        self.configuration = configuration
        exported = metrics.counter("trace_spans_exported_total", help: "Spans that the collector has taken")
        dropped = metrics.counter(
            "trace_spans_dropped_total",
            help: "Spans that the collector did not take, or not in time"
        )
    }

    /// Takes a span, to be sent later.
    package func record(_ span: Span) {
        let isDropped = waiting.withLock { waiting in
            guard waiting.count < Self.capacity else { return true }
            waiting.append(span)
            return false
        }
        if isDropped { dropped.increment() }
    }

    /// Sends what there is, until cancelled; then the rest.
    package func run() async throws {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            if !Task.isCancelled { await flush() }
        }
        // Detached from the cancellation, or the last batch would be dropped.
        await Task.detached { await self.flush() }.value
        dropped.increment(by: waiting.withLock { $0.count })
        client.shutdown()
    }

    /// What is left when the collector fails waits for the next time, and at the end is dropped: a collector that answers
    /// nothing must not hold up a program that stops.
    private func flush() async {
        while true {
            let batch = waiting.withLock { waiting in
                let batch = Array(waiting.prefix(Self.batchSize))
                waiting.removeFirst(batch.count)
                return batch
            }
            if batch.isEmpty { return }
            let isTaken = await export(batch)
            if !isTaken || batch.count < Self.batchSize { return }
        }
    }

    /// - Returns: whether the collector has it; what it does not take is dropped.
    private func export(_ batch: [Span]) async -> Bool {
        do {
            let body = try JSONEncoder().encode(SpanBatch(batch, resource: configuration.resource))
            let response = try await client.send(
                HTTPRequest(
                    method: "POST",
                    url: configuration.url,
                    headers: configuration.headers.map { ($0, $1) } + [("Content-Type", "application/json")],
                    body: Array(body),
                    timeout: Self.timeout
                )
            )
            guard (200..<300).contains(response.status) else {
                fail(batch, "HTTP \(response.status)")
                return false
            }
            exported.increment(by: batch.count)
            if isFailing.exchange(false, ordering: .relaxed) { logger.notice("The collector takes spans again") }
            return true
        } catch {
            fail(batch, String(describing: error))
            return false
        }
    }

    /// Says it once, and not for each batch until the collector is back.
    private func fail(_ batch: [Span], _ reason: String) {
        dropped.increment(by: batch.count)
        guard !isFailing.exchange(true, ordering: .relaxed) else { return }
        logger.warning("The collector does not take spans; they are dropped", [.reason: .string(reason)])
    }
}
