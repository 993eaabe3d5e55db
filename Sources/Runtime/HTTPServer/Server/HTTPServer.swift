public import Lifecycle
import Observability
import Threading

/// An HTTP/1.1 server on libmicrohttpd with async handlers.
///
/// Its threads only move bytes: each request is handled in a task on Swift's concurrent executor while its connection is
/// suspended. TLS and HTTP/2 end at the proxy in front.
public final class HTTPServer: Service {
    private enum State {
        case new(waiting: [CheckedContinuation<Void, any Error>])
        case listening(port: Int)
        case stopped
    }

    private let configuration: Configuration
    private let responder: Responder
    private let logger: Logger
    private let state = Lock(State.new(waiting: []))

    /// - Parameter middleware: stands around everything, errors of the router included; the first one is outermost.
    public convenience init(
        configuration: Configuration,
        router: Router,
        middleware: [any Middleware] = Responder.standardMiddleware
    ) {
        self.init(configuration: configuration, responder: Responder(router: router, middleware: middleware))
    }

    /// Does not listen yet: ``run()`` does.
    public init(configuration: Configuration, responder: Responder) {
        self.configuration = configuration
        self.responder = responder
        logger = Logger(label: "http.server")
    }

    /// Serves until the task is cancelled, then stops gracefully: no new connections; streams end at once; requests in
    /// flight are answered, for at most `drainTimeout`, then cancelled. Can be run once.
    ///
    /// - Throws: ``HTTPServerError`` if the address cannot be listened on.
    public func run() async throws {
        let server: RunningServer
        do {
            server = try RunningServer(configuration, responder, logger)
        } catch {
            stopped(error)
            throw error
        }
        logger.info("HTTP server listens", [.host: .string(configuration.host), .port: .int(server.port)])
        started(port: server.port)
        await Task.untilCancelled()
        logger.info("HTTP server stops")
        // This task is cancelled, and whatever it awaited would give up at once.
        await Task { await server.stop() }.value
        stopped(HTTPServerError(code: .stopped, message: "The server has stopped"))
    }

    /// The port it listens on; nil before ``run()`` has bound it and after it has ended.
    public var port: Int? {
        state.withLock { if case .listening(let port) = $0 { port } else { nil } }
    }

    /// Returns when connections are accepted.
    ///
    /// - Throws: ``HTTPServerError`` if ``run()`` failed or has ended.
    public func waitUntilReady() async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let result: Result<Void, any Error>? = state.withLock { state in
                switch state {
                case .new(let waiting):
                    state = .new(waiting: waiting + [continuation])
                    return nil
                case .listening: return .success(())
                case .stopped: return .failure(HTTPServerError(code: .stopped, message: "The server has stopped"))
                }
            }
            if let result { continuation.resume(with: result) }
        }
    }

    private func started(port: Int) {
        for continuation in become(.listening(port: port)) { continuation.resume() }
    }

    private func stopped(_ error: any Error) {
        for continuation in become(.stopped) { continuation.resume(throwing: error) }
    }

    /// - Returns: who waited for the server to start.
    private func become(_ new: State) -> [CheckedContinuation<Void, any Error>] {
        state.withLock { state in
            defer { state = new }
            if case .new(let waiting) = state { return waiting }
            return []
        }
    }
}

extension Task where Success == Never, Failure == Never {
    fileprivate static func untilCancelled() async {
        let (stream, continuation) = AsyncStream.makeStream(of: Never.self)
        await withTaskCancellationHandler {
            for await _ in stream {}
        } onCancel: {
            continuation.finish()
        }
    }
}
