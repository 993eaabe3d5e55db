package import Foundation

/// Times that return.
package protocol Recurrence: Sendable {
    /// The first time after `date`; `nil` when there is none.
    func next(after date: Date) -> Date?
}

extension Recurrence {
    /// The last time that is after `earliest` and not after `now`. What came before it is passed over.
    ///
    /// It looks back in ever longer steps, so that a minutely entry is not counted through a month of standstill.
    package func last(after earliest: Date, notAfter now: Date) -> Date? {
        for seconds in [60.0, 3_600, 86_400, 31 * 86_400, 366 * 86_400, .infinity] {
            let start = max(earliest, now - seconds)
            guard var found = next(after: start), found <= now else {
                if start == earliest { return nil }
                continue
            }
            while let later = next(after: found), later <= now { found = later }
            return found
        }
        return nil
    }
}
