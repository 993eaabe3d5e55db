import Foundation
import Threading

/// What we know of one TCP connection, beside what the library knows.
final class Connection: Sendable {
    struct Limits {
        /// How long a connection may stay open between requests.
        let idle: Duration
        /// How long a request may take to arrive.
        let request: Duration
    }

    private enum Activity {
        /// Accepted, and no request line yet.
        case fresh
        case idle
        case receiving(Exchange)
        case answering(Exchange)
    }

    private struct State {
        var activity = Activity.fresh
        var since = ContinuousClock.now
        /// Its time is over: the socket is shut down.
        var isExpired = false
        /// We shut down the reading side ourselves, so its end says nothing about the client.
        var isReadClosed = false
        /// The client will send nothing more.
        var isHalfClosed = false

        mutating func become(_ new: Activity) {
            activity = new
            since = .now
        }
    }

    let id: UInt64
    let socket: Int32
    let remoteAddress: String
    private let state = Lock(State())

    init(id: UInt64, socket: Int32, remoteAddress: String) {
        self.id = id
        self.socket = socket
        self.remoteAddress = remoteAddress
    }

    var exchange: Exchange? {
        state.withLock { state in
            switch state.activity {
            case .fresh, .idle: nil
            case .receiving(let exchange), .answering(let exchange): exchange
            }
        }
    }

    func beginRequest(_ exchange: Exchange) {
        state.withLock { $0.become(.receiving(exchange)) }
    }

    /// - Returns: false if the request came too late: the client has been told, and nothing more may be sent.
    func beginAnswer(_ exchange: Exchange) -> Bool {
        state.withLock { state in
            guard !state.isExpired else { return false }
            state.become(.answering(exchange))
            return true
        }
    }

    func endRequest() {
        state.withLock { $0.become(.idle) }
    }

    /// Shuts the socket down if it has been idle, or receiving, for too long. Must be called while the socket cannot be
    /// closed: ``ConnectionTable/withOpenSockets(_:)``.
    ///
    /// - Returns: whether a request was cut short.
    func expire(now: ContinuousClock.Instant, limits: Limits) -> Bool {
        state.withLock { state in
            guard !state.isExpired else { return false }
            let age = now - state.since
            // The library misses an end that arrives together with data; a moment is enough to read what came before it.
            let request = state.isHalfClosed ? .seconds(1) : limits.request
            let idle = state.isHalfClosed ? .seconds(1) : limits.idle
            switch state.activity {
            case .fresh where age > request, .idle where age > idle:
                state.isExpired = true
                shutdown(socket, Int32(SHUT_RDWR))
                return false
            case .receiving(let exchange) where age > request:
                state.isExpired = true
                RawAnswer.send(exchange.response(to: .requestTimeout), to: socket)
                shutdown(socket, Int32(SHUT_RDWR))
                return true
            case .fresh, .idle, .receiving, .answering:
                return false
            }
        }
    }

    /// The client closed its side, or the connection broke.
    func hangUp() {
        let isClient = state.withLock { state in
            state.isHalfClosed = true
            return !state.isReadClosed
        }
        if isClient { exchange?.hangUp() }
    }

    /// Stops reading if no request is under way. What the kernel already holds is still read and answered. Must be called
    /// while the socket cannot be closed.
    func closeIfIdle() {
        state.withLock { state in
            switch state.activity {
            case .fresh, .idle:
                state.isReadClosed = true
                shutdown(socket, Int32(SHUT_RD))
            case .receiving, .answering: break
            }
        }
    }
}
