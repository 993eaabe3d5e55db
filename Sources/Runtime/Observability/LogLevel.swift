/// How much a log line matters. `LOG_LEVEL` names the lowest level that is written.
public enum LogLevel: String, Sendable, Comparable, CaseIterable {
    /// For somebody who is looking for a fault in this very place.
    case debug
    /// What the process does in ordinary life.
    case info
    /// Ordinary but rare: started, stopped, reconnected.
    case notice
    /// Something failed and the house copes with it by itself.
    case warning
    /// Something failed and a person should look.
    case error

    var rank: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .notice: 2
        case .warning: 3
        case .error: 4
        }
    }

    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }
}
