import Observability
import Threading

/// One request and its answer on one connection.
///
/// The library's thread feeds it; a task answers it. Its lock orders the two, and makes sure that a suspended connection
/// is resumed exactly once: by whoever moves it from `running` to `answered`.
final class Exchange: ClientPresence {
    private enum Phase {
        case receiving
        /// The connection is suspended.
        case running
        case answered(Answer)
        case sending
        /// The server does not wait for the rest of the request any more.
        case dropped
    }

    private struct State {
        var phase = Phase.receiving
        var head: RequestHead?
        /// What the request is answered with instead of being handled.
        var refusal: Problem?
        var body: [UInt8] = []
        var bodySize = 0
        var task: Task<Void, Never>?
        var stream: StreamBody?
        var isCancelled = false
        var isGone = false
    }

    /// What the library's thread has to do next.
    enum Step {
        case readHeaders
        case start
        case send(Answer)
        case wait
        /// Cut the connection, with this answer if there is one.
        case hangUp(Problem?)
    }

    let handle: ConnectionHandle
    let connection: Connection
    let target: String
    /// False if the server had stopped taking requests when this one began.
    let isAdmitted: Bool
    private let state = Lock(State())

    init(_ handle: ConnectionHandle, on connection: Connection, target: String, isAdmitted: Bool) {
        self.handle = handle
        self.connection = connection
        self.target = target
        self.isAdmitted = isAdmitted
    }

    var isGone: Bool { state.withLock { $0.isGone } }

    // MARK: The library's thread

    /// Takes the next part of the body; an empty one says that the headers, or the whole body, have arrived, or that the
    /// connection was resumed.
    ///
    /// No answer can be sent while the client still sends, so up to twice the limit is read and thrown away: a client
    /// that sends a little too much gets its 413, one that sends a lot is cut off.
    func receive(_ bytes: UnsafeRawBufferPointer, limit: Int) -> Step {
        state.withLock { state in
            switch state.phase {
            case .receiving where bytes.isEmpty:
                return state.head == nil ? .readHeaders : .start
            case .receiving:
                state.bodySize += bytes.count
                if state.bodySize > 2 * limit { return .hangUp(.bodyTooLarge(limit: limit)) }
                if state.bodySize > limit {
                    state.refusal = .bodyTooLarge(limit: limit)
                    state.body = []
                } else {
                    state.body.append(contentsOf: bytes)
                }
                return .wait
            case .answered(let answer):
                state.phase = .sending
                return .send(answer)
            case .running, .sending: return .wait
            case .dropped: return .hangUp(nil)
            }
        }
    }

    func began(_ head: RequestHead, refusal: Problem?) {
        state.withLock { state in
            state.head = head
            state.refusal = refusal
        }
    }

    /// Suspends the connection until ``answer(_:)``, and runs `operation` as the request's task.
    ///
    /// - Returns: false if the request is not wanted any more.
    func start(_ operation: @escaping @Sendable (RequestHead, [UInt8], Problem?) async -> Void) -> Bool {
        let parts = state.withLock { state -> (RequestHead, [UInt8], Problem?)? in
            guard case .receiving = state.phase, let head = state.head else { return nil }
            state.phase = .running
            handle.suspend()
            defer { state.body = [] }
            return (head, state.body, state.refusal)
        }
        guard let (head, body, refusal) = parts else { return false }
        let task = Task { await operation(head, body, refusal) }
        let isCancelled = state.withLock { state in
            state.task = task
            return state.isCancelled
        }
        if isCancelled { task.cancel() }
        return true
    }

    /// The library is done with the request: the answer is sent, or the connection is gone.
    func end(isComplete: Bool) {
        if !isComplete { hangUp() }
        state.withLock { $0.task = nil }
    }

    // MARK: The request's task

    /// Sends `response`, and returns after the end of its stream if it has one.
    func send(_ response: Response, isDraining: () -> Bool) async {
        switch response.body {
        case .bytes(let bytes):
            _ = answer(Answer(status: response.status, headers: response.headers, content: .bytes(bytes)))
        case .stream(let write):
            let stream = StreamBody(handle)
            state.withLock { $0.stream = stream }
            if !answer(Answer(status: response.status, headers: response.headers, content: .stream(stream))) {
                stream.release()
            }
            if isDraining() { cancel() }
            do {
                try await write(stream)
                stream.finish()
            } catch {
                stream.fail()
            }
        }
    }

    /// - Returns: false if the exchange was answered already.
    private func answer(_ answer: Answer) -> Bool {
        state.withLock { state in
            guard case .running = state.phase else { return false }
            state.phase = .answered(answer)
            handle.resume()
            return true
        }
    }

    // MARK: Any thread

    /// The client left.
    func hangUp() {
        state.withLock { $0.isGone = true }
        cancel()
    }

    func cancel() {
        let task = state.withLock { state in
            state.isCancelled = true
            return state.task
        }
        task?.cancel()
    }

    /// Streams do not end by themselves; the server's stop ends them.
    func cancelStream() {
        if state.withLock({ $0.stream != nil }) { cancel() }
    }

    /// The answer when there is no ``Request`` yet, or none that is still listened to.
    func response(to problem: Problem) -> Response {
        let headers = state.withLock { $0.head?.headers }
        return problem.response(
            instance: RequestTarget(parsing: target).path,
            requestID: RequestID.accepting(headers?["X-Request-Id"])
        )
    }

    /// Gives the connection back to the library whatever the task does.
    func abandon() {
        let stream = state.withLock { state -> StreamBody? in
            if case .receiving = state.phase { state.phase = .dropped }
            return state.stream
        }
        stream?.fail()
        let response = response(to: .unavailable("The server is stopping."))
        guard case .bytes(let bytes) = response.body else { return }
        _ = answer(Answer(status: response.status, headers: response.headers, content: .bytes(bytes)))
    }
}

/// What precedes a request's body.
struct RequestHead: Sendable {
    let method: Request.Method
    let headers: Headers
}
