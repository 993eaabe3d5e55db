import Accounts
import Database
import HTTPServer

/// Writes down what staff change. The entry travels with each transaction of the request, so that there is one exactly
/// where there is a change; handlers have nothing to do for it.
struct AuditTrail: Middleware {
    let permission: Permission

    func respond(to request: Request, next: Handler) async throws -> Response {
        guard ![.get, .head].contains(request.method), let principal = request[CurrentPrincipal.self],
            permission.isStaffAction(by: principal.role)
        else { return try await next(request) }
        let entry = AuditEntry(
            actor: principal,
            action: "\(request.method.rawValue) \(request.route ?? request.path)",
            target: "/" + request.segments.joined(separator: "/"),
            requestID: request.requestID,
            body: request.body
        )
        return try await TransactionNote.$current.withValue(entry.statement) { try await next(request) }
    }
}
