import Foundation

/// How a process is named to a person who looks for it: `host:pid`.
public enum ProcessName {
    /// This process.
    public static let current = "\(ProcessInfo.processInfo.hostName):\(ProcessInfo.processInfo.processIdentifier)"
}
