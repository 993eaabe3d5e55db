import Foundation

/// One log line before it is text.
struct LogLine {
    let level: LogLevel
    let logger: String
    let sentence: StaticString
    let fields: [LogKey: LogValue]
    var time: timespec = .now

    /// As they are written. Keys in alphabetic order: lines of one kind look alike, and tests can compare them.
    var sortedFields: [(LogKey, LogValue)] {
        fields.map { ($0.key, LogMask.masked($0.key, $0.value)) }.sorted { $0.0.name < $1.0.name }
    }
}

extension timespec {
    static var now: timespec {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time
    }

    /// RFC 3339 in UTC with milliseconds: `2025-01-31T23:59:59.123Z`.
    var rfc3339: String {
        var parts = tm()
        var seconds = tv_sec
        gmtime_r(&seconds, &parts)
        var text = ""
        text.reserveCapacity(24)
        func append(_ number: Int, digits: Int, then separator: Character) {
            let plain = String(number)
            for _ in plain.utf8.count..<max(digits, plain.utf8.count) { text.append("0") }
            text += plain
            text.append(separator)
        }
        append(Int(parts.tm_year) + 1900, digits: 4, then: "-")
        append(Int(parts.tm_mon) + 1, digits: 2, then: "-")
        append(Int(parts.tm_mday), digits: 2, then: "T")
        append(Int(parts.tm_hour), digits: 2, then: ":")
        append(Int(parts.tm_min), digits: 2, then: ":")
        append(Int(parts.tm_sec), digits: 2, then: ".")
        append(tv_nsec / 1_000_000, digits: 3, then: "Z")
        return text
    }
}
