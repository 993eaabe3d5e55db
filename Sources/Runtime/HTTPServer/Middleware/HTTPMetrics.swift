public import Observability
import Threading

/// `http_requests_total{method,route,status}`, `http_request_duration_seconds{route}` and `http_requests_in_flight`.
///
/// Streams count as in flight until they end, and are left out of the durations: theirs is the client's choice.
public struct HTTPMetrics: Middleware {
    private struct Key: Hashable {
        let method: Request.Method
        let route: String
        let status: Int
    }

    private let registry: MetricsRegistry
    private let inFlight: Gauge
    private let counters = Lock<[Key: Counter]>([:])
    private let durations = Lock<[String: Histogram]>([:])

    /// - Parameter registry: where the series are registered.
    public init(registry: MetricsRegistry = .shared) {
        self.registry = registry
        inFlight = registry.gauge("http_requests_in_flight", help: "Requests being answered")
        registry.declare("http_requests_total", help: Self.requestsHelp, kind: .counter)
        registry.declare("http_request_duration_seconds", help: Self.durationHelp, kind: .histogram)
    }

    /// Answers as `next` does, and counts and times it by route and status.
    public func respond(to request: Request, next: Handler) async throws -> Response {
        let start = ContinuousClock.now
        // What the client made up must not become a label: only known templates and methods do.
        let route = request.route ?? "none"
        let method = request.route == nil && !Self.knownMethods.contains(request.method) ? Self.other : request.method
        inFlight.add(1)
        do {
            let response = try await next(request)
            if case .bytes = response.body { duration(route).observe(.now - start) }
            return response.whenSent {
                inFlight.add(-1)
                counter(Key(method: method, route: route, status: response.status)).increment()
            }
        } catch {
            inFlight.add(-1)
            counter(Key(method: method, route: route, status: 500)).increment()
            throw error
        }
    }

    private func counter(_ key: Key) -> Counter {
        counters.withLock { counters in
            if let counter = counters[key] { return counter }
            let counter = registry.counter(
                "http_requests_total",
                help: Self.requestsHelp,
                labels: ["method": key.method.rawValue, "route": key.route, "status": String(key.status)]
            )
            counters[key] = counter
            return counter
        }
    }

    private func duration(_ route: String) -> Histogram {
        durations.withLock { durations in
            if let histogram = durations[route] { return histogram }
            let histogram = registry.histogram(
                "http_request_duration_seconds",
                help: Self.durationHelp,
                labels: ["route": route]
            )
            durations[route] = histogram
            return histogram
        }
    }

    private static let requestsHelp = "Requests answered"
    private static let durationHelp = "Time from the whole request to its answer, streams excepted"
    private static let knownMethods: Set<Request.Method> = [.get, .head, .post, .put, .patch, .delete]
    private static let other = Request.Method(rawValue: "other")
}
