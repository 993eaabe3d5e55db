import CMicroHTTPD
import Foundation
import Observability

/// A server between its start and its stop: the library's daemon, the connections, and what watches over them.
final class RunningServer: @unchecked Sendable {
    // @unchecked: `daemon` is set once in init and used once more in stop().
    let port: Int
    private let listener: ListenSocket
    private let daemon: OpaquePointer
    private let intake: Intake
    private let watcher: ConnectionWatcher
    private let drainTimeout: Duration

    init(
        _ configuration: HTTPServer.Configuration,
        _ responder: Responder,
        _ logger: Logger
    ) throws(HTTPServerError) {
        listener = try ListenSocket(host: configuration.host, port: configuration.port)
        port = listener.port
        drainTimeout = configuration.drainTimeout
        let connections = ConnectionTable()
        watcher = ConnectionWatcher(
            connections,
            limits: .init(idle: configuration.idleTimeout, request: configuration.requestDeadline),
            logger
        )
        intake = Intake(configuration, responder, connections, watcher, logger)
        guard let daemon = MicroHTTPD.start(listener, configuration, intake) else {
            watcher.stop()
            listener.close()
            throw HTTPServerError(code: .cannotStart, message: "libmicrohttpd did not start")
        }
        self.daemon = daemon
    }

    /// Returns when every thread has ended and every socket is closed.
    func stop() async {
        listener.silence()
        let connections = intake.connections
        connections.beginDrain()
        if await !connections.waitUntilQuiet(for: drainTimeout) {
            connections.cancelRequests()
            _ = await connections.waitUntilQuiet(for: .seconds(1))
        }
        // A handler that ignores its cancellation must not keep its connection: stopping the library while one is
        // suspended aborts the process.
        connections.close()
        _ = await connections.waitUntilQuiet(for: .seconds(1))
        await withCheckedContinuation { continuation in
            // Joins the library's threads, so it must not block a thread of the concurrent executor.
            Thread.detachNewThread { [self] in
                MHD_stop_daemon(daemon)
                watcher.stop()
                continuation.resume()
            }
        }
    }
}
