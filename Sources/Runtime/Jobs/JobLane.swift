/// One of several ways to a job's handlers: it is the last word of the routing key, so `queues/` decides which queue it
/// leads to.
///
/// A job without a lane has its name as routing key; in the lane `bulk` it has `<name>.bulk`, and needs a queue that is
/// bound to that.
public struct JobLane: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// One word of a routing key: letters a-z, digits and underscores.
    public let rawValue: String

    /// Overtakes the jobs of the same name without it, in queues whose file says `urgent`.
    public static let urgent: JobLane = "urgent"
    /// For jobs that come in masses and may wait, so that no other job waits behind them.
    public static let bulk: JobLane = "bulk"

    /// - Returns: `nil` for what is not one word of a-z, 0-9 and `_`.
    public init?(rawValue: String) {
        guard Self.isWord(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    /// - Precondition: one word of a-z, 0-9 and `_`. A literal is code: a wrong one stops its first run.
    public init(stringLiteral name: StaticString) {
        rawValue = name.description
        precondition(Self.isWord(rawValue), "a lane is one word of a-z, 0-9 and _")
    }

    public var description: String { rawValue }

    /// The routing key of a job in this lane.
    public func routingKey(of jobName: String) -> String { "\(jobName).\(rawValue)" }

    private static func isWord(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
    }
}
