import HTTPServer
import Idempotency

extension Request {
    /// The client's `Idempotency-Key`; `nil` when it sent none.
    func idempotencyKey() throws(Problem) -> IdempotencyKey? {
        guard let text = headers["Idempotency-Key"] else { return nil }
        guard let key = IdempotencyKey(text) else {
            throw .badRequest("The Idempotency-Key must be 1 to 255 printable ASCII characters.")
        }
        return key
    }
}
