/// Something long-running: a server, a worker, a connection's loop.
///
/// `run()` returns when its work is over by nature. Cancellation of the task is the order to shut down: stop taking new
/// work, finish what is in flight, flush, return (or throw `CancellationError`).
public protocol Service: Sendable {
    func run() async throws
}
