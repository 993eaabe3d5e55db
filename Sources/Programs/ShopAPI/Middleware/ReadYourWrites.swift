import Database
import HTTPServer
import Postgres

/// Reads at least as new as the client's own last write, from a replica as soon as one has it; and whatever a request has
/// committed, its answer says how far that reached.
struct ReadYourWrites: Middleware {
    let positions: PositionTokens

    func respond(to request: Request, next: Handler) async throws -> Response {
        var request = request
        request[ClientPosition.self] = newestPosition(request)
        let position = CommitPosition()
        let response = try await CommitPosition.$current.withValue(position) { try await next(request) }
        guard let lsn = position.lsn else { return response }
        return response.carrying(lsn, positions)
    }

    private func newestPosition(_ request: Request) -> PostgresLSN? {
        let cookies = request.headers.all("Cookie").flatMap { $0.split(separator: ";") }.compactMap { pair in
            let parts = pair.split(separator: "=", maxSplits: 1)
            return parts.count == 2 && parts[0].drop { $0 == " " } == PositionTokens.cookie ? String(parts[1]) : nil
        }
        return (request.headers.all(PositionTokens.header) + cookies).compactMap(positions.lsn).max()
    }
}

private enum ClientPosition: RequestContextKey {
    typealias Value = PostgresLSN
}

extension Request {
    var consistency: ReadConsistency { self[ClientPosition.self].map(ReadConsistency.after) ?? .any }
}

extension Response {
    /// Tells the client how far its write reached.
    fileprivate func carrying(_ lsn: PostgresLSN, _ positions: PositionTokens) -> Response {
        var response = self
        let token = positions.token(lsn)
        response.headers[PositionTokens.header] = token
        // Ten minutes: longer than any replica in service lags.
        response.headers.append(
            "Set-Cookie",
            "\(PositionTokens.cookie)=\(token); Path=/api; Max-Age=600; HttpOnly; SameSite=Lax"
        )
        return response
    }
}
