import HTTPServer
import Observability

/// Runs a server on a free port around `body`, and stops it gracefully.
func withServer(
    _ configuration: HTTPServer.Configuration = HTTPServer.Configuration(port: 0),
    middleware: [any Middleware] = Responder.standardMiddleware,
    routes: (inout Router) -> Void = { _ in },
    _ body: (RunningTestServer) async throws -> Void
) async throws {
    var router = Router()
    router.get("/hello") { _ in .text("hello") }
    router.post("/length") { request in .text("\(request.body.count)") }
    routes(&router)
    var configuration = configuration
    configuration.port = 0
    let server = HTTPServer(configuration: configuration, router: router, middleware: middleware)
    let run = Task { try await server.run() }
    try await server.waitUntilReady()
    guard let port = server.port else { throw RawClient.Failure(description: "no port") }
    let running = RunningTestServer(port: port, run: run)
    do {
        try await body(running)
    } catch {
        await running.stop()
        throw error
    }
    await running.stop()
}

struct RunningTestServer {
    let port: Int
    let run: Task<Void, any Error>

    func client(receiveBuffer: Int32? = nil) throws -> RawClient {
        try RawClient(port: port, receiveBuffer: receiveBuffer)
    }

    /// Begins to stop; `stop()` waits for the end.
    func beginStop() { run.cancel() }

    func stop() async {
        run.cancel()
        _ = await run.result
    }
}

extension Response {
    /// The body of an answer that is no stream.
    var bytes: [UInt8] {
        get throws {
            guard case .bytes(let bytes) = body else { throw RawClient.Failure(description: "the body is a stream") }
            return bytes
        }
    }
}

/// Something that happens once, and may be waited for by many.
struct Signal: Sendable {
    private let stream: AsyncStream<Never>
    private let continuation: AsyncStream<Never>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(of: Never.self) }

    func send() { continuation.finish() }

    /// Returns early when the task is cancelled.
    func wait() async { for await _ in stream {} }
}
