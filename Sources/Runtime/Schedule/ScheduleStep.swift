package import Foundation

/// One entry's next step, decided from its past and the database's time. Pure.
package struct ScheduleStep: Equatable, Sendable {
    /// To be run now.
    package var due: Date?
    /// When to look again.
    package var next: Date?

    /// A scheduler that is there looks at least this often, in seconds: what is older was missed.
    static let tolerance = 60.0

    package init(_ entry: ScheduleEntry, past: ScheduleStore.Past, now: Date) {
        let earliest = [past.lastTick, past.firstSeenAt].compactMap(\.self).max() ?? now
        next = entry.recurrence.next(after: max(now, earliest))
        guard let last = entry.recurrence.last(after: earliest, notAfter: now) else { return }
        let isMissed = now.timeIntervalSince(last) > Self.tolerance
        if !isMissed || entry.catchUp == .one { due = last }
    }
}
