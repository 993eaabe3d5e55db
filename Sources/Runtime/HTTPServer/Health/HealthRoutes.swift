package import Observability

extension Router {
    /// `/health/live` and `/health/ready`.
    package mutating func addHealth(_ readiness: Readiness) {
        get("/health/live") { _ in try .json(["status": "alive"]) }
        get("/health/ready") { _ in
            let report = await readiness.report()
            return try .json(report, status: report.httpStatus)
        }
    }

    /// `/metrics`, for Prometheus.
    package mutating func addMetrics(_ registry: MetricsRegistry = .shared) {
        get("/metrics") { _ in
            Response(
                headers: ["Content-Type": "text/plain; version=0.0.4; charset=utf-8"],
                body: .bytes(Array(registry.render().utf8))
            )
        }
    }
}

/// The server of a program's `METRICS_PORT`.
package enum ProbeServer {
    package static func make(host: String, port: Int, readiness: Readiness) -> HTTPServer {
        var router = Router()
        router.addHealth(readiness)
        router.addMetrics()
        // Probes come every few seconds for ever: no access log, and no metrics of the metrics.
        let responder = Responder(router: router, middleware: [ProblemRenderer()])
        let configuration = HTTPServer.Configuration(
            host: host,
            port: port,
            threads: 1,
            connectionLimit: 100,
            drainTimeout: .seconds(1)
        )
        return HTTPServer(configuration: configuration, responder: responder)
    }
}
