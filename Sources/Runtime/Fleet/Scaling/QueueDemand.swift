/// How many workers one queue asks for, and why.
package struct QueueDemand: Sendable, Equatable {
    package enum Cause: String, Sendable, Codable {
        /// Nothing arrives and nothing waits.
        case idle
        /// What arrives, and what waits, at the speed of its workers.
        case load
        /// Jobs wait longer than they should, and become no fewer: the figures are too rosy.
        case late
        /// Jobs wait, and no job's duration is known yet.
        case unmeasured
        /// More workers would take nothing either: it is paused, or its workers wait for a dependency.
        case held
        /// More workers would only wait for the queue's rate limit.
        case rateLimit = "rate limit"
        /// An operator said so.
        case fixed
    }

    package let queue: String
    package let workers: Int
    package let cause: Cause
    /// What it was decided by.
    package let sample: QueueSample
    package let targetWaitSeconds: Int
}
