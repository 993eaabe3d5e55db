import HTTPServer

struct HealthRoutes {
    /// The process runs and answers; whether it can do anything useful is what `/health/ready` says.
    @Sendable func live(_ request: Request) async throws -> Response {
        try .json(["status": "ok"])
    }
}
