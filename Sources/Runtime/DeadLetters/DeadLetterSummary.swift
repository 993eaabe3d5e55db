package import Foundation
import Jobs

/// How many dead letters there are of each kind, by error type and reason.
///
/// Reasons often hold an order's number or an id: an error type with more than a few of them is one line, with the latest
/// as the example, so that a hundred thousand letters are still a page, and fit into memory.
package struct DeadLetterSummary: Sendable {
    package struct Line: Equatable, Sendable {
        package let errorType: String
        package let reason: String
        package var count: Int
        package var lastFailureAt: Date
    }

    private struct Kind {
        var reasons: [String: Line] = [:]
        var isCollapsed = false
    }

    private static let mostReasons = 5
    private var kinds: [String: Kind] = [:]

    package init() {}

    package mutating func add(_ entry: DeadLetterEntry) {
        let letter = entry.letter
        var kind = kinds.removeValue(forKey: letter.errorType) ?? Kind()
        defer { kinds[letter.errorType] = kind }
        let new = Line(
            errorType: letter.errorType,
            reason: letter.reason,
            count: 1,
            lastFailureAt: letter.lastFailureAt
        )
        let key = kind.isCollapsed ? "" : letter.reason
        kind.reasons[key] = kind.reasons[key].map { Self.merged($0, new) } ?? new
        if !kind.isCollapsed, kind.reasons.count > Self.mostReasons {
            let lines = kind.reasons.values
            kind = Kind(isCollapsed: true)
            kind.reasons[""] = lines.dropFirst().reduce(lines[lines.startIndex], Self.merged)
        }
    }

    private static func merged(_ one: Line, _ other: Line) -> Line {
        let latest = one.lastFailureAt > other.lastFailureAt ? one : other
        return Line(
            errorType: one.errorType,
            reason: latest.reason,
            count: one.count + other.count,
            lastFailureAt: latest.lastFailureAt
        )
    }

    /// The most frequent first; a collapsed line's reason begins with "many, such as".
    package var lines: [Line] {
        kinds.values.flatMap { kind in
            kind.reasons.values.map { line in
                guard kind.isCollapsed else { return line }
                return Line(
                    errorType: line.errorType,
                    reason: "many, such as: \(line.reason)",
                    count: line.count,
                    lastFailureAt: line.lastFailureAt
                )
            }
        }.sorted { ($1.count, $0.errorType, $0.reason) < ($0.count, $1.errorType, $1.reason) }
    }
}
