import Accounts
import Crypto
import Database
import HTTPServer

/// Lets in who may use the route, and leaves in the request who that is (RFC 6750).
struct Authorization: Middleware {
    let permission: Permission
    let authenticator: Authenticator

    func respond(to request: Request, next: Handler) async throws -> Response {
        if permission == .anyone { return try await next(request) }
        if case .ownerOrTicket = permission, request.query.first("ticket") != nil { return try await next(request) }
        let principal = try principal(of: request)
        guard permission.admits(principal.role) else { throw Problem.forbidden("Your account may not do this.") }
        var request = request
        request[CurrentPrincipal.self] = principal
        return try await RowScope(principal).around { try await next(request) }
    }

    private func principal(of request: Request) throws(Problem) -> Principal {
        guard let header = request.headers["Authorization"] else {
            throw .unauthorized("Send an access token: Authorization: Bearer <token>.")
        }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw .unauthorized("Only bearer tokens are accepted: Authorization: Bearer <token>.")
        }
        do throws(JWTError) {
            return try authenticator.principal(bearer: String(parts[1]))
        } catch {
            let detail = error == .expired ? "The access token has expired." : "The access token is not valid."
            throw .unauthorized(detail, challenge: "Bearer error=\"invalid_token\"")
        }
    }
}

extension RowScope {
    init(_ principal: Principal) { self.init(userID: principal.userID, role: principal.role.rawValue) }

    /// Runs `body` in this scope, and what writes the body of its answer too, which may go on after `body` has returned.
    func around(_ body: () async throws -> Response) async rethrows -> Response {
        var response = try await Self.$current.withValue(self) { try await body() }
        guard case .stream(let write) = response.body else { return response }
        response.body = .stream { writer in try await Self.$current.withValue(self) { try await write(writer) } }
        return response
    }
}

enum CurrentPrincipal: RequestContextKey {
    typealias Value = Principal
}

extension Request {
    /// - Throws: 401 on a route for anyone, where nobody was asked.
    func principal() throws(Problem) -> Principal {
        guard let principal = self[CurrentPrincipal.self] else { throw .unauthorized("Sign in first.") }
        return principal
    }
}
