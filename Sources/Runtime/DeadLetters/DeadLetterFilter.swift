package import Foundation
import Jobs

/// Which dead letters are meant. What is not set does not matter.
package struct DeadLetterFilter: Equatable, Sendable {
    package var ids: Set<String>?
    /// A part of the reason, whatever its case.
    package var reason: String?
    /// The whole error type.
    package var errorType: String?
    /// The job's name.
    package var job: String?
    /// The last failure was then or later.
    package var since: Date?

    package init() {}

    package func matches(_ entry: DeadLetterEntry) -> Bool {
        if let ids, entry.id.map(ids.contains) != true { return false }
        if let reason, entry.letter.reason.range(of: reason, options: .caseInsensitive) == nil { return false }
        if let errorType, entry.letter.errorType != errorType { return false }
        if let job, entry.envelope.name != job { return false }
        if let since, entry.letter.lastFailureAt < since { return false }
        return true
    }

    /// As the audit keeps it.
    package var fields: [String: String] {
        var fields: [String: String] = [:]
        fields["id"] = ids.map { $0.sorted().joined(separator: ",") }
        fields["reason"] = reason
        fields["error_type"] = errorType
        fields["job"] = job
        fields["since"] = since?.formatted(.iso8601)
        return fields
    }

    /// Reads `90s`, `30m`, `2h` or `7d` (that long ago) or an RFC 3339 time; `nil` for anything else.
    package static func since(_ text: String, now: Date) -> Date? {
        let seconds: [Character: Int] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        if let unit = text.last.flatMap({ seconds[$0] }), let number = Int(text.dropLast()) {
            // A hundred years: enough for everybody, and no overflow.
            return (0...36_525 * 86_400 / unit).contains(number) ? now - Double(number * unit) : nil
        }
        let fractional = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        return (try? Date.ISO8601FormatStyle().parse(text)) ?? (try? fractional.parse(text))
    }
}
