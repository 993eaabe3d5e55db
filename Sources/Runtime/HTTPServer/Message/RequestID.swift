import Synchronization

/// The id that ties a client's report to our log lines.
enum RequestID {
    /// The client's id if it is harmless in a log line and a header (1–64 of `[A-Za-z0-9._-]`), else a new one.
    static func accepting(_ candidate: String?) -> String {
        guard let candidate, (1...64).contains(candidate.utf8.count), candidate.utf8.allSatisfy(isAllowed) else {
            return make()
        }
        return candidate
    }

    /// A random prefix for this process and a counter: unique without a system call for each request.
    private static func make() -> String {
        let number = counter.wrappingAdd(1, ordering: .relaxed).newValue
        return processPrefix + String(number, radix: 36)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        byte.isAlphanumeric || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }

    private static let processPrefix = String(UInt64.random(in: .min ... .max), radix: 36) + "-"
    private static let counter = Atomic<UInt64>(0)
}
