/// Something long-running: a server, a worker, a connection's loop.
///
/// `run()` returns when its work is over by nature. Cancellation of the task is the order to shut down: stop taking new
/// work, finish what is in flight, flush, return (or throw `CancellationError`).
public protocol Service: Sendable {
    /// Runs until its work is over or the task is cancelled.
    ///
    /// - Throws: what ended it against its will; `CancellationError` counts as a clean stop.
    func run() async throws
}
