package import Foundation

/// Five fields, as in crontab(5), in UTC: minute, hour, day of month, month, day of week.
///
/// A field is `*`, a number, a range `1-5`, a list `1,15`, or any of these with a step (`*/10`, `8-18/2`); months and days
/// of the week also have names (`jan`, `mon`), and Sunday is 0 or 7. Where both day fields are restricted, a day that
/// fits either of them counts, as in crontab(5); a field counts as unrestricted when it begins with `*`.
package struct CronExpression: Recurrence, Equatable, CustomStringConvertible {
    package let description: String
    /// Of the hour, ascending; the same for the others.
    let minutes: [Int]
    let hours: [Int]
    let days: Set<Int>
    let months: Set<Int>
    /// From Sunday, 0.
    let weekdays: Set<Int>
    private let isEitherDay: Bool

    /// - Throws: ``CronError`` naming the field, also for days that no month of the expression has.
    package init(_ text: String) throws(CronError) {
        let fields = text.split(whereSeparator: { $0 == " " || $0 == "\t" })
        guard fields.count == CronField.all.count else {
            throw CronError("must have 5 fields (minute hour day month weekday), not \(fields.count)")
        }
        var values: [Set<Int>] = []
        for (field, text) in zip(CronField.all, fields) { values.append(try field.values(text)) }
        description = fields.joined(separator: " ")
        minutes = values[0].sorted()
        hours = values[1].sorted()
        days = values[2]
        months = values[3]
        weekdays = Set(values[4].map { $0 % 7 })
        let restrictsDay = !fields[2].hasPrefix("*")
        let restrictsWeekday = !fields[4].hasPrefix("*")
        isEitherDay = restrictsDay && restrictsWeekday
        let exists = months.contains { month in days.contains { $0 <= UTCDay.longest(month: month) } }
        guard restrictsWeekday || exists else {
            throw CronError("never comes: no month of \"\(fields[3])\" has a day \"\(fields[2])\"")
        }
    }

    /// Searches eight years, the longest wait for a 29 February (from 1896 to 1904, and from 2096 to 2104).
    package func next(after date: Date) -> Date? {
        // The next whole minute.
        let minute = (date.timeIntervalSince1970 / 60).rounded(.down) + 1
        guard minute.isFinite, abs(minute) < 1e10 else { return nil }
        var (dayNumber, minuteOfDay) = Int(minute).quotientAndRemainder(dividingBy: 1_440)
        if minuteOfDay < 0 { (dayNumber, minuteOfDay) = (dayNumber - 1, minuteOfDay + 1_440) }
        var day = UTCDay(number: dayNumber)
        for offset in 0...(8 * 366) {
            if has(day), let found = first(from: offset == 0 ? minuteOfDay : 0) {
                return Date(timeIntervalSince1970: Double(day.number * 86_400 + found * 60))
            }
            day.advance()
        }
        return nil
    }

    private func has(_ day: UTCDay) -> Bool {
        guard months.contains(day.month) else { return false }
        let (fitsDay, fitsWeekday) = (days.contains(day.day), weekdays.contains(day.weekday))
        return isEitherDay ? fitsDay || fitsWeekday : fitsDay && fitsWeekday
    }

    /// The first time of a day, as its minute, from `minute` on.
    private func first(from minute: Int) -> Int? {
        for hour in hours where hour >= minute / 60 {
            let start = hour == minute / 60 ? minute % 60 : 0
            if let found = minutes.first(where: { $0 >= start }) { return hour * 60 + found }
        }
        return nil
    }
}

/// What is wrong with a cron expression.
package struct CronError: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

/// One of the five fields, and the values that it may have.
private struct CronField {
    let name: String
    let range: ClosedRange<Int>
    var names: [String] = []
    /// Of the first name.
    var firstNamed = 0

    static let all = [
        CronField(name: "minute", range: 0...59),
        CronField(name: "hour", range: 0...23),
        CronField(name: "day", range: 1...31),
        CronField(
            name: "month",
            range: 1...12,
            names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
            firstNamed: 1
        ),
        CronField(name: "weekday", range: 0...7, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
    ]

    func values(_ text: Substring) throws(CronError) -> Set<Int> {
        var values: Set<Int> = []
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            values.formUnion(try self.item(item))
        }
        return values
    }

    private func item(_ text: Substring) throws(CronError) -> Set<Int> {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let ends = parts[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let isAll = parts[0] == "*"
        let first = isAll ? range.lowerBound : try number(ends[0])
        // Of the weekdays, 7 is only another name of Sunday.
        let end = name == "weekday" ? 6 : range.upperBound
        let last =
            if isAll { end } else if ends.count == 2 { try number(ends[1]) } else { parts.count == 2 ? end : first }
        guard first <= last else { throw problem("the range \(parts[0]) runs backwards") }
        guard parts.count == 2 else { return Set(first...last) }
        guard let step = Self.digits(parts[1]), (1...range.upperBound).contains(step) else {
            throw problem("the step \"\(parts[1])\" is no number from 1 to \(range.upperBound)")
        }
        return Set(stride(from: first, through: last, by: step))
    }

    private func number(_ text: Substring) throws(CronError) -> Int {
        if let index = names.firstIndex(of: text.lowercased()) { return firstNamed + index }
        guard let number = Self.digits(text), range.contains(number) else {
            let names = names.isEmpty ? "" : " or a name from \(names[0]) to \(names[names.count - 1])"
            throw problem("\"\(text)\" is no number from \(range.lowerBound) to \(range.upperBound)\(names)")
        }
        return number
    }

    private func problem(_ text: String) -> CronError { CronError("\(name): \(text)") }

    /// Digits alone: `Int` also reads signs.
    private static func digits(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }
}
