import Threading

/// How the task that waits for a transfer hears of its end.
struct CurlCompletion: Sendable {
    private let outcome: Lock<CurlOutcome>
    private let continuation: CheckedContinuation<Void, Never>

    /// Returns what `start` got its completion resumed with.
    ///
    /// The transfer changes hands through a lock, not by the continuation alone: Swift's runtime does not tell the thread
    /// sanitizer about one that was resumed before anybody waited for it.
    static func wait(_ start: (CurlCompletion) -> Void) async -> CurlOutcome {
        let outcome = Lock(CurlOutcome.closed)
        await withCheckedContinuation { start(CurlCompletion(outcome: outcome, continuation: $0)) }
        return outcome.withLock { $0 }
    }

    /// Exactly once.
    func resume(returning outcome: CurlOutcome) {
        self.outcome.withLock { $0 = outcome }
        continuation.resume()
    }
}
