import Accounts
import HTTPServer

/// Counts a request before anything is done for it: from its address outside authorization, so that tokens cannot be tried
/// out at will, and by its account inside.
struct RateLimit: Middleware {
    enum Subject {
        case address, account
    }

    let subject: Subject
    let limiter: RateLimiter?

    func respond(to request: Request, next: Handler) async throws -> Response {
        switch subject {
        case .address: try limiter?.admit(address: request.remoteAddress)
        case .account:
            if let principal = request[CurrentPrincipal.self] { try limiter?.admit(account: principal.userID) }
        }
        return try await next(request)
    }
}
