import CMicroHTTPD
import Foundation
import Observability

/// A request's way from libmicrohttpd's callbacks to the responder and back.
final class Intake: Sendable {
    let connections: ConnectionTable
    private let watcher: ConnectionWatcher
    private let responder: Responder
    private let renderer: ProblemRenderer
    private let logger: Logger
    private let maximumBody: Int
    private let headerLimit: Int
    private let proxies: TrustedProxies

    init(
        _ configuration: HTTPServer.Configuration,
        _ responder: Responder,
        _ connections: ConnectionTable,
        _ watcher: ConnectionWatcher,
        _ logger: Logger
    ) {
        self.connections = connections
        self.watcher = watcher
        self.responder = responder
        self.logger = logger
        renderer = ProblemRenderer(logger: logger)
        maximumBody = configuration.maximumBody
        headerLimit = configuration.headerLimit
        proxies = configuration.trustedProxies
    }

    func beginConnection(_ handle: ConnectionHandle) -> Connection {
        let connection = connections.add(socket: handle.socket, remoteAddress: handle.remoteAddress)
        watcher.watch(connection)
        return connection
    }

    func endConnection(_ connection: Connection) {
        watcher.unwatch(connection)
        connections.remove(connection)
    }

    func beginRequest(_ handle: ConnectionHandle, on connection: Connection, target: String) -> Exchange {
        let isAdmitted = connections.beginRequest()
        let exchange = Exchange(handle, on: connection, target: target, isAdmitted: isAdmitted)
        connection.beginRequest(exchange)
        return exchange
    }

    func endRequest(_ exchange: Exchange, isComplete: Bool) {
        exchange.connection.endRequest()
        exchange.end(isComplete: isComplete)
        if exchange.isAdmitted { connections.endRequest() }
    }

    /// - Returns: false if the connection is to be closed.
    func receive(_ exchange: Exchange, method: String, isHTTP10: Bool, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard exchange.isAdmitted else { return false }
        switch exchange.receive(bytes, limit: maximumBody) {
        case .readHeaders: return begin(exchange, method: method, isHTTP10: isHTTP10)
        case .start: return start(exchange)
        case .send(let answer): return answer.queue(on: exchange.handle, closing: connections.isDraining)
        case .wait: return true
        case .hangUp(let problem): return cut(exchange, with: problem)
        }
    }

    /// - Returns: false, which cuts the connection.
    private func cut(_ exchange: Exchange, with problem: Problem?) -> Bool {
        if let problem {
            RawAnswer.send(exchange.response(to: problem), to: exchange.connection.socket)
            logger.info("Request cut short", [.status: .int(problem.status), .path: .string(exchange.target)])
        }
        return false
    }

    /// The headers are there. What is wrong with them is answered without waiting for the body, and the library then
    /// closes the connection: an ordinary request must not be answered here.
    private func begin(_ exchange: Exchange, method: String, isHTTP10: Bool) -> Bool {
        let head = RequestHead(method: Request.Method(rawValue: method), headers: exchange.handle.headers)
        if exchange.handle.headerSize > headerLimit {
            exchange.began(head, refusal: .headersTooLarge(limit: headerLimit))
            return start(exchange)
        }
        if let violation = Framing.violation(head.headers, target: exchange.target, isHTTP10: isHTTP10) {
            exchange.began(head, refusal: .badRequest(violation))
            return start(exchange)
        }
        // A number, or the library would have refused it.
        let length = head.headers["Content-Length"].map { Int($0) ?? .max } ?? 0
        let isTooLarge = length > maximumBody
        exchange.began(head, refusal: isTooLarge ? .bodyTooLarge(limit: maximumBody) : nil)
        // A client that is about to send a little too much gets its answer after that; one that waits for our
        // `100 Continue`, or means to send a lot, gets it now.
        let answersNow = isTooLarge && (length / 2 > maximumBody || head.headers["Expect"] != nil)
        return answersNow ? start(exchange) : true
    }

    private func start(_ exchange: Exchange) -> Bool {
        guard exchange.connection.beginAnswer(exchange) else { return false }
        return exchange.start { [self] head, body, refusal in
            let request = Request(
                method: head.method,
                target: exchange.target,
                headers: head.headers,
                body: body,
                remoteAddress: proxies.client(of: exchange.connection.remoteAddress, head.headers),
                client: exchange
            )
            await TraceContext.$current.withValue(request.trace) {
                await LogContext.with([.requestID: .string(request.requestID)]) {
                    let response = sendable(await respond(to: request, refusal), for: request)
                    await exchange.send(response, isDraining: { connections.isDraining })
                }
            }
        }
    }

    private func respond(to request: Request, _ refusal: Problem?) async -> Response {
        do {
            if let refusal { return try await responder.refuse(request, with: refusal) }
            return try await responder.respond(to: request)
        } catch {
            // Middleware that stands outside the problem renderer threw.
            return renderer.response(for: error, to: request)
        }
    }

    /// The response with our own headers, or a 500 if it must not be sent as it is.
    private func sendable(_ response: Response, for request: Request) -> Response {
        var response = response
        if !(200...599).contains(response.status) || !response.headers.areWellFormed {
            logger.error("Response refused: bad status or control characters in a header")
            response = Problem.internalError.response(to: request)
        }
        for name in ["Content-Length", "Transfer-Encoding", "Connection", "Date"] { response.headers[name] = nil }
        response.headers["X-Request-Id"] = request.requestID
        return response
    }
}
