public import Foundation

/// A value that can be bound to a placeholder.
///
/// Values travel in PostgreSQL's text format and the server infers their type from the statement; where it cannot
/// (`SELECT $1`), the statement casts (`$1::bigint`).
public protocol PostgresEncodable: Sendable {
    /// The value in PostgreSQL's text format, or nil for NULL.
    var postgresText: String? { get }
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
        let microseconds = Int64((timeIntervalSince1970 * 1_000_000).rounded())
        let (seconds, fraction) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        var time = time_t(fraction < 0 ? seconds - 1 : seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let digits = String(fraction < 0 ? fraction + 1_000_000 : fraction)
        let micro = String(repeating: "0", count: 6 - digits.count) + digits
        let year = String(parts.tm_year + 1900)
        let padded = String(repeating: "0", count: max(0, 4 - year.count)) + year
        return "\(padded)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T"
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)).\(micro)Z"
    }
}
extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    public var postgresText: String? { flatMap(\.postgresText) }
}

extension Array: PostgresEncodable where Element: PostgresEncodable {
    /// `{"a","b",NULL}`; an array of bytes is a `bytea`, written `\x0a0b`.
    public var postgresText: String? {
        if Element.self == UInt8.self, let bytes = self as? [UInt8] { return bytes.byteaText }
        var text = "{"
        for (index, element) in enumerated() {
            if index > 0 { text += "," }
            guard let value = element.postgresText else {
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
