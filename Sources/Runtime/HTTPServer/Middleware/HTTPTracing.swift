import Observability

/// A span for each request, by OpenTelemetry's conventions for HTTP; for a stream, until the stream has ended.
struct HTTPTracing: Middleware {
    func respond(to request: Request, next: Handler) async throws -> Response {
        // What probes ask is no work of the shop's.
        guard Tracing.isOn, !AccessLog.probeRoutes.contains(request.route ?? "") else { return try await next(request) }
        let start = Tracing.Moment.now
        do {
            let response = try await next(request)
            return response.whenSent { record(request, status: response.status, since: start) }
        } catch {
            record(request, status: 500, since: start)
            throw error
        }
    }

    private func record(_ request: Request, status: Int, since start: Tracing.Moment) {
        let method = request.method.rawValue
        var attributes: [String: LogValue] = [
            "http.request.method": .string(method), "http.response.status_code": .int(status),
            "wharf.request_id": .string(request.requestID),
        ]
        if let route = request.route { attributes["http.route"] = .string(route) }
        Tracing.record(
            request.route.map { "\(method) \($0)" } ?? method,
            .server,
            request.trace,
            since: start,
            attributes,
            error: status >= 500 ? String(status) : nil
        )
    }
}
