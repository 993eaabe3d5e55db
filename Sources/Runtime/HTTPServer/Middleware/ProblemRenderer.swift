public import Observability

/// Turns what handlers throw into `application/problem+json`.
///
/// A ``Problem`` is rendered as it is; anything else is our own fault: the log gets all of it, the client a bare 500.
public struct ProblemRenderer: Middleware {
    private let logger: Logger

    /// - Parameter logger: gets what clients must not see of unexpected errors.
    public init(logger: Logger = Logger(label: "http.server")) {
        self.logger = logger
    }

    /// Answers as `next` does; what that throws becomes a problem document.
    public func respond(to request: Request, next: Handler) async throws -> Response {
        do {
            return try await next(request)
        } catch {
            return response(for: error, to: request)
        }
    }

    func response(for error: any Error, to request: Request) -> Response {
        problem(for: error, request).response(to: request)
    }

    private func problem(for error: any Error, _ request: Request) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let fieldError as Problem.FieldError: return .unprocessable([fieldError])
        case is CancellationError where !request.isClientGone:
            return .unavailable("The server is stopping.")
        case _ where request.isClientGone:
            return .clientGone
        default:
            logger.error("Request handler failed", [.error: .string(String(reflecting: error))])
            return .internalError
        }
    }
}
