import HTTPServer
import Idempotency
import Observability
import Orders

extension IdempotencyKey {
    /// Names the key in every problem that `body` ends with: with it, asking again is safe even where nobody can say
    /// whether anything was done.
    func namedInProblems(_ logger: Logger, _ body: () async throws -> Response) async throws -> Response {
        do {
            return try await body()
        } catch {
            guard var problem = DomainErrors.problem(for: error, logger) else { throw error }
            problem.headers["Idempotency-Key"] = value
            throw problem
        }
    }
}

extension Response {
    /// An answer that is kept under its key.
    init(_ answer: PlaceOrder.Answer, _ key: IdempotencyKey) {
        self.init(
            status: answer.status,
            headers: ["Content-Type": "application/json", "Idempotency-Key": key.value],
            body: .bytes(answer.body)
        )
        if answer.isReplay { headers["Idempotency-Replayed"] = "true" }
    }
}
