import Foundation
import Testing

@testable import Schedule

@Suite struct CronExpressionTests {
    private func date(_ text: String) throws -> Date {
        try Date.ISO8601FormatStyle().parse(text.count == 16 ? "\(text):00Z" : text)
    }

    private func next(_ cron: String, after text: String) throws -> String? {
        try CronExpression(cron).next(after: date(text)).map { $0.formatted(.iso8601) }
    }

    @Test(arguments: [
        ("* * * * *", "2026-11-24T11:00", "2026-11-24T11:01:00Z"),
        ("* * * * *", "2026-12-31T23:59", "2027-01-01T00:00:00Z"),
        ("*/10 * * * *", "2026-11-24T11:00", "2026-11-24T11:10:00Z"),
        ("*/10 * * * *", "2026-11-24T11:55", "2026-11-24T12:00:00Z"),
        ("5/20 * * * *", "2026-11-24T11:05", "2026-11-24T11:25:00Z"),
        ("5/20 * * * *", "2026-11-24T11:45", "2026-11-24T12:05:00Z"),
        ("17 3 * * *", "2026-11-24T03:17", "2026-11-25T03:17:00Z"),
        ("0,30 8-18/2 * * *", "2026-11-24T08:30", "2026-11-24T10:00:00Z"),
        ("0 9 * * mon-fri", "2026-11-27T09:00", "2026-11-30T09:00:00Z"),
        ("0 9 * * MON", "2026-11-24T09:00", "2026-11-30T09:00:00Z"),
        ("0 0 * * 7", "2026-11-24T09:00", "2026-11-29T00:00:00Z"),
        ("0 0 * * 0", "2026-11-24T09:00", "2026-11-29T00:00:00Z"),
        ("0 0 * * 5-7", "2026-11-27T00:00", "2026-11-28T00:00:00Z"),
        ("0 0 1 jan *", "2026-01-01T00:00", "2027-01-01T00:00:00Z"),
        ("0 0 31 * *", "2026-01-31T00:00", "2026-03-31T00:00:00Z"),
        ("0 0 29 2 *", "2026-01-01T00:00", "2028-02-29T00:00:00Z"),
        ("0 0 29 2 *", "2096-02-29T00:00", "2104-02-29T00:00:00Z"),
        ("0 0 28-31 feb *", "2028-02-28T12:00", "2028-02-29T00:00:00Z"),
        // Both day fields: either is enough.
        ("0 0 13 * fri", "2026-11-13T00:00", "2026-11-20T00:00:00Z"),
        ("0 0 13 * fri", "2026-12-11T00:00", "2026-12-13T00:00:00Z"),
        // A field that begins with * leaves the other one alone.
        ("0 0 */2 * mon", "2026-11-24T00:00", "2026-12-07T00:00:00Z"),
        ("0 0 31 2 mon", "2026-02-01T00:00", "2026-02-02T00:00:00Z"),
        // Before 1970, and within a minute.
        ("0 0 * * *", "1969-12-30T23:59", "1969-12-31T00:00:00Z"),
    ])
    func comesNext(_ cron: String, _ after: String, _ expected: String) throws {
        #expect(try next(cron, after: after) == expected)
    }

    @Test func aTimeWithinAMinuteWaitsForTheNext() throws {
        #expect(try next("* * * * *", after: "2026-11-24T11:00:59Z") == "2026-11-24T11:01:00Z")
        let expression = try CronExpression("* * * * *")
        let tick = try date("2026-11-24T11:00")
        #expect(expression.next(after: tick - 0.001) == tick)
        #expect(expression.next(after: tick) == tick + 60)
    }

    @Test func thereIsNoNextForNoTime() throws {
        let expression = try CronExpression("* * * * *")
        for date in [Date(timeIntervalSince1970: .infinity), Date(timeIntervalSince1970: .nan)] {
            #expect(expression.next(after: date) == nil)
        }
        #expect(expression.next(after: .distantPast) != nil)
        #expect(expression.next(after: .distantFuture) != nil)
    }

    /// Field by field, against every minute of four years that a calendar of others says it fits.
    @Test(arguments: ["7 */6 * * *", "0 12 1,15 * *", "30 4 * 2-3 sun", "0 0 29-31 */2 *", "59 23 13 * 5"])
    func agreesWithACalendar(_ cron: String) throws {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = .gmt
        let expression = try CronExpression(cron)
        var found: Set<Date> = []
        var time = try date("2026-01-01T00:00")
        let end = try date("2030-01-01T00:00")
        while let next = expression.next(after: time), next < end {
            found.insert(next)
            time = next
        }
        // Every day of the four years, at the minutes of the expression and beside them.
        var day = try date("2026-01-01T00:00")
        var expected: Set<Date> = []
        while day < end {
            let parts = calendar.dateComponents([.day, .month, .weekday], from: day)
            let weekday = (parts.weekday ?? 0) - 1
            if Self.fits(cron, parts.day ?? 0, parts.month ?? 0, weekday) {
                for minute in 0..<1_440 where Self.fits(cron, minute) { expected.insert(day + Double(minute * 60)) }
            }
            day += 86_400
        }
        expected.remove(try date("2026-01-01T00:00"))
        #expect(found == expected)
    }

    private static func fits(_ cron: String, _ minute: Int) -> Bool {
        switch cron {
        case "7 */6 * * *": minute % 60 == 7 && minute / 60 % 6 == 0
        case "0 12 1,15 * *": minute == 720
        case "30 4 * 2-3 sun": minute == 270
        case "0 0 29-31 */2 *": minute == 0
        default: minute == 1_439
        }
    }

    private static func fits(_ cron: String, _ day: Int, _ month: Int, _ weekday: Int) -> Bool {
        switch cron {
        case "7 */6 * * *": true
        case "0 12 1,15 * *": day == 1 || day == 15
        case "30 4 * 2-3 sun": (2...3).contains(month) && weekday == 0
        case "0 0 29-31 */2 *": day >= 29 && month % 2 == 1
        default: day == 13 || weekday == 5
        }
    }

    @Test(arguments: [
        ("", "must have 5 fields (minute hour day month weekday), not 0"),
        ("* * * *", "must have 5 fields (minute hour day month weekday), not 4"),
        ("0 * * * * *", "must have 5 fields (minute hour day month weekday), not 6"),
        ("60 * * * *", "minute: \"60\" is no number from 0 to 59"),
        ("-1 * * * *", "minute: \"\" is no number from 0 to 59"),
        ("+1 * * * *", "minute: \"+1\" is no number from 0 to 59"),
        ("1- * * * *", "minute: \"\" is no number from 0 to 59"),
        ("1,,2 * * * *", "minute: \"\" is no number from 0 to 59"),
        ("* 24 * * *", "hour: \"24\" is no number from 0 to 23"),
        ("* * 0 * *", "day: \"0\" is no number from 1 to 31"),
        ("* * * 13 *", "month: \"13\" is no number from 1 to 12 or a name from jan to dec"),
        ("* * * * 8", "weekday: \"8\" is no number from 0 to 7 or a name from sun to sat"),
        ("* * * * funday", "weekday: \"funday\" is no number from 0 to 7 or a name from sun to sat"),
        ("*/0 * * * *", "minute: the step \"0\" is no number from 1 to 59"),
        ("*/60 * * * *", "minute: the step \"60\" is no number from 1 to 59"),
        ("*/ * * * *", "minute: the step \"\" is no number from 1 to 59"),
        ("*/1/2 * * * *", "minute: the step \"1/2\" is no number from 1 to 59"),
        ("* 18-8 * * *", "hour: the range 18-8 runs backwards"),
        ("99999999999999999999 * * * *", "minute: \"99999999999999999999\" is no number from 0 to 59"),
        ("@daily * * * *", "minute: \"@daily\" is no number from 0 to 59"),
        ("0 0 30 2 *", "never comes: no month of \"2\" has a day \"30\""),
        ("0 0 31 4,jun,sep,11 *", "never comes: no month of \"4,jun,sep,11\" has a day \"31\""),
    ])
    func refuses(_ cron: String, _ problem: String) {
        #expect(throws: CronError(problem)) { try CronExpression(cron) }
    }

    @Test func aSundayByAnyNameIsOneDay() throws {
        #expect(try CronExpression("0 0 * * 0").weekdays == [0])
        #expect(try CronExpression("0 0 * * 7").weekdays == [0])
        #expect(try CronExpression("0 0 * * sun").weekdays == [0])
        #expect(try CronExpression("0 0 * * *").weekdays == Set(0...6))
        #expect(try CronExpression("0 0 * * */2").weekdays == [0, 2, 4, 6])
    }
}
