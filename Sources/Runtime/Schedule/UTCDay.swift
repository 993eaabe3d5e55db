import Foundation

/// A day of the Gregorian calendar in UTC, and the one after it. Unix time has no leap seconds, so each has 86,400 s.
struct UTCDay: Equatable {
    /// Since 1 January 1970.
    private(set) var number: Int
    private(set) var year: Int
    private(set) var month: Int
    private(set) var day: Int

    /// From Sunday, 0. The day with the number 0 was a Thursday.
    var weekday: Int { ((number + 4) % 7 + 7) % 7 }

    init(number: Int) {
        self.number = number
        let parts = Self.calendar.dateComponents(
            [.year, .month, .day],
            from: Date(timeIntervalSince1970: Double(number) * 86_400)
        )
        (year, month, day) = (parts.year ?? 1970, parts.month ?? 1, parts.day ?? 1)
    }

    mutating func advance() {
        number += 1
        day += 1
        guard day > Self.length(month: month, year: year) else { return }
        day = 1
        month += 1
        if month > 12 { (month, year) = (1, year + 1) }
    }

    /// Of the month in a leap year.
    static func longest(month: Int) -> Int { length(month: month, year: 2000) }

    private static func length(month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static let calendar: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()
}
