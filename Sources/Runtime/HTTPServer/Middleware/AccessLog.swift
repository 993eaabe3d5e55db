public import Observability

/// One line for each request, when its answer is ready; for a stream, when the stream has ended.
public struct AccessLog: Middleware {
    /// What probes ask every few seconds.
    public static let probeRoutes: Set<String> = ["/health/live", "/health/ready", "/metrics"]

    private let logger: Logger
    private let quietRoutes: Set<String>

    /// - Parameter quietRoutes: templates whose lines are logged at debug, since probes ask every few seconds.
    public init(
        logger: Logger = Logger(label: "http.access"),
        quietRoutes: Set<String> = AccessLog.probeRoutes
    ) {
        self.logger = logger
        self.quietRoutes = quietRoutes
    }

    /// Answers as `next` does, and logs one line when the answer is there.
    public func respond(to request: Request, next: Handler) async throws -> Response {
        let start = ContinuousClock.now
        let response: Response
        do {
            response = try await next(request)
        } catch {
            log(request, status: 500, since: start)
            throw error
        }
        return response.whenSent { log(request, status: response.status, since: start) }
    }

    private func log(_ request: Request, status: Int, since start: ContinuousClock.Instant) {
        let isQuiet = request.route.map(quietRoutes.contains) ?? false
        logger.log(
            isQuiet ? .debug : .info,
            "Request answered",
            [
                .requestID: .string(request.requestID),
                .method: .string(request.method.rawValue),
                .route: .string(request.route ?? "none"),
                .status: .int(status),
                .seconds: .seconds(.now - start),
                .remoteAddress: .string(request.remoteAddress),
            ]
        )
    }
}

extension Response {
    /// Runs `action` now, or after the stream has ended.
    func whenSent(_ action: @escaping @Sendable () -> Void) -> Response {
        guard case .stream(let body) = self.body else {
            action()
            return self
        }
        var response = self
        response.body = .stream { writer in
            defer { action() }
            try await body(writer)
        }
        return response
    }
}
