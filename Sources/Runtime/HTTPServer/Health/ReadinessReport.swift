/// The answer of `/health/ready`. It names the checks and nothing else, since clients may see it too.
package struct ReadinessReport: Sendable, Equatable, Encodable {
    package enum Status: String, Sendable, Encodable {
        case ready
        /// Something is down that the program can do without for a while.
        case degraded
        /// Something is down that it cannot do without.
        case unavailable
        /// It has been told to stop, and finishes what it has begun.
        case stopping
    }

    package enum State: String, Sendable, Encodable {
        case up
        case down
    }

    package let status: Status
    package let checks: [String: State]

    /// 200 where traffic is welcome, otherwise 503.
    package var httpStatus: Int {
        switch status {
        case .ready, .degraded: 200
        case .unavailable, .stopping: 503
        }
    }
}
