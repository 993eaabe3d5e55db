public import Foundation

/// A value that can be bound to a placeholder.
///
/// Values travel in PostgreSQL's text format and the server infers their type from the statement; where it cannot
/// (`SELECT $1`), the statement casts (`$1::bigint`).
public protocol PostgresEncodable: Sendable {
    /// The value in PostgreSQL's text format, or nil for NULL.
    var postgresText: String? { get throws(PostgresEncodingFailure) }
}

/// Why a value has no form in PostgreSQL.
public struct PostgresEncodingFailure: Error, Sendable {
    /// Holds nothing of the value.
    public let reason: String
    /// - Parameter reason: why it cannot be bound, without the value.
    public init(_ reason: String) { self.reason = reason }
}

extension Bool: PostgresEncodable {
    public var postgresText: String? { self ? "t" : "f" }
}
extension Int: PostgresEncodable {
    public var postgresText: String? { String(self) }
}
extension Int16: PostgresEncodable {
    public var postgresText: String? { String(self) }
}
extension Int32: PostgresEncodable {
    public var postgresText: String? { String(self) }
}
extension Int64: PostgresEncodable {
    public var postgresText: String? { String(self) }
}
extension Double: PostgresEncodable {
    public var postgresText: String? {
        isNaN ? "NaN" : isInfinite ? (self < 0 ? "-Infinity" : "Infinity") : String(self)
    }
}
extension String: PostgresEncodable {
    public var postgresText: String? { self }
}
extension UUID: PostgresEncodable {
    public var postgresText: String? { uuidString }
}
extension PostgresLSN: PostgresEncodable {
    public var postgresText: String? { description }
}
extension Date: PostgresEncodable {
    /// RFC 3339 in UTC with microseconds, the resolution of `timestamptz`.
    public var postgresText: String? {
        get throws(PostgresEncodingFailure) {
            guard Self.encodable.contains(timeIntervalSince1970) else {
                throw PostgresEncodingFailure("a date outside the years 1 to 9999")
            }
            let microseconds = Int64((timeIntervalSince1970 * 1_000_000).rounded())
            let (seconds, fraction) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
            var time = time_t(fraction < 0 ? seconds - 1 : seconds)
            var parts = tm()
            gmtime_r(&time, &parts)
            func padded(_ number: Int, _ width: Int) -> String {
                let digits = String(number)
                return String(repeating: "0", count: max(0, width - digits.count)) + digits
            }
            let date = [
                padded(Int(parts.tm_year) + 1900, 4), padded(Int(parts.tm_mon) + 1, 2), padded(Int(parts.tm_mday), 2),
            ]
            let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int($0), 2) }
            let micro = padded(Int(fraction < 0 ? fraction + 1_000_000 : fraction), 6)
            return date.joined(separator: "-") + "T" + clock.joined(separator: ":") + "." + micro + "Z"
        }
    }

    /// Seconds since 1970 of 0001-01-01 and 10000-01-01.
    private static let encodable: Range<TimeInterval> = -62_135_596_800..<253_402_300_800
}
extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    public var postgresText: String? {
        get throws(PostgresEncodingFailure) {
            guard let self else { return nil }
            return try self.postgresText
        }
    }
}

extension Array: PostgresEncodable where Element: PostgresEncodable {
    /// `{"a","b",NULL}`; an array of bytes is a `bytea`, written `\x0a0b`.
    public var postgresText: String? {
        get throws(PostgresEncodingFailure) {
            if Element.self == UInt8.self, let bytes = self as? [UInt8] { return bytes.byteaText }
            var text = "{"
            for (index, element) in enumerated() {
                if index > 0 { text += "," }
                guard let value = try element.postgresText else {
                    text += "NULL"
                    continue
                }
                text += "\""
                if value.utf8.contains(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) {
                    for character in value.unicodeScalars {
                        if character == "\"" || character == "\\" { text += "\\" }
                        text.unicodeScalars.append(character)
                    }
                } else {
                    text += value
                }
                text += "\""
            }
            return text + "}"
        }
    }
}

/// One byte of a `bytea`; binding a single byte means nothing to PostgreSQL, binding `[UInt8]` does.
extension UInt8: PostgresEncodable {
    public var postgresText: String? { String(self) }
}

extension [UInt8] {
    fileprivate var byteaText: String {
        let digits = Array<UInt8>("0123456789abcdef".utf8)
        return String(unsafeUninitializedCapacity: 2 + count * 2) { buffer in
            buffer[0] = UInt8(ascii: "\\")
            buffer[1] = UInt8(ascii: "x")
            for (index, byte) in enumerated() {
                buffer[2 + index * 2] = digits[Int(byte >> 4)]
                buffer[3 + index * 2] = digits[Int(byte & 15)]
            }
            return 2 + count * 2
        }
    }
}
