public import Foundation

/// Why one value could not be decoded; the row adds which column it was.
public enum PostgresDecodingFailure: Error, Sendable {
    /// The column has another type than the one asked for.
    case wrongType
    /// The type is right, and this value has no counterpart in Swift; the text says why, without the value of a string.
    case malformed(String)
}

/// A value that can be read from a result.
public protocol PostgresDecodable: Sendable {
    /// Reads a value that is not NULL, in the server's binary format.
    static func decode(_ value: PostgresValue) throws(PostgresDecodingFailure) -> Self
    /// The value that stands for NULL, or nil for a type that has none. Only optionals have one.
    static var null: Self? { get }
}

extension PostgresDecodable {
    public static var null: Self? { nil }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    /// Reads a value that is not NULL as the wrapped type does.
    public static func decode(_ value: PostgresValue) throws(PostgresDecodingFailure) -> Wrapped? {
        try Wrapped.decode(value)
    }
    public static var null: Wrapped?? { .some(.none) }
}

extension Bool: PostgresDecodable {
    /// Reads a `boolean`.
    public static func decode(_ value: PostgresValue) throws(PostgresDecodingFailure) -> Bool {
        guard value.type == PostgresValue.OID.bool, let byte = value.bytes.first else { throw .wrongType }
        return byte != 0
    }
}

extension FixedWidthInteger {
    fileprivate static func decodeInteger(_ value: PostgresValue) throws(PostgresDecodingFailure) -> Self {
        guard let integer = value.integer else { throw .wrongType }
        guard let exact = Self(exactly: integer) else { throw .malformed("\(integer) does not fit \(Self.self)") }
        return exact
    }
}
extension Int: PostgresDecodable {
    /// Reads `smallint`, `integer` or `bigint`.
    public static func decode(_ value: PostgresValue) throws(PostgresDecodingFailure) -> Int {
        try decodeInteger(value)
    }
}
extension Int16: PostgresDecodable {
    /// Reads `smallint`, `integer` or `bigint`; a number out of range is `malformed`.
    public static func decode(_ value: PostgresValue) throws(PostgresDecodingFailure) -> Int16 {
        try decodeInteger(value)
    }
}
extension Int32: PostgresDecodable {
    /// Reads `smallint`, `integer` or `bigint`; a number out of range is `malformed`.
    public static func decode(_ value: PostgresValue) throws(PostgresDecodingFailure) -> Int32 {
        try decodeInteger(value)
    }
}
extension Int64: PostgresDecodable {
    /// Reads `smallint`, `integer` or `bigint`.
    public static func decode(_ value: PostgresValue) throws(PostgresDecodingFailure) -> Int64 {
        try decodeInteger(value)
    }
}

extension Double: PostgresDecodable {
    /// Reads `double precision` or `real`.
    public static func decode(_ value: PostgresValue) throws(PostgresDecodingFailure) -> Double {
        switch value.type {
        case PostgresValue.OID.float8:
            if let bits = value.bigEndian(UInt64.self) { return Double(bitPattern: bits) }
        case PostgresValue.OID.float4:
            if let bits = value.bigEndian(UInt32.self) { return Double(Float(bitPattern: bits)) }
        default: break
        }
        throw .wrongType
    }
}

extension String: PostgresDecodable {
    /// Reads a text type, `json`, `jsonb`, or a type of an enumeration or extension.
    public static func decode(_ value: PostgresValue) throws(PostgresDecodingFailure) -> String {
        if let json = value.jsonText { return String(decoding: json, as: UTF8.self) }
        // Types made by CREATE TYPE … AS ENUM and by extensions (OIDs from 16384 up) send text.
        guard PostgresValue.OID.texts.contains(value.type) || value.type >= 16_384 else { throw .wrongType }
        return String(decoding: value.bytes, as: UTF8.self)
    }
}

extension UUID: PostgresDecodable {
    /// Reads a `uuid`.
    public static func decode(_ value: PostgresValue) throws(PostgresDecodingFailure) -> UUID {
        guard value.type == PostgresValue.OID.uuid, value.bytes.count == 16 else { throw .wrongType }
        return UUID(uuid: value.bytes.loadUnaligned(as: uuid_t.self))
    }
}

extension Date: PostgresDecodable {
    /// PostgreSQL counts microseconds from 2000-01-01 00:00 UTC, 946,684,800 s after the Unix epoch.
    public static func decode(_ value: PostgresValue) throws(PostgresDecodingFailure) -> Date {
        guard value.type == PostgresValue.OID.timestamptz, let microseconds = value.bigEndian(Int64.self) else {
            throw .wrongType
        }
        if microseconds == .max || microseconds == .min { throw .malformed("infinity is no Date") }
        return Date(timeIntervalSince1970: 946_684_800 + Double(microseconds) / 1_000_000)
    }
}

extension PostgresLSN: PostgresDecodable {
    /// Reads a `pg_lsn`.
    public static func decode(_ value: PostgresValue) throws(PostgresDecodingFailure) -> PostgresLSN {
        guard value.type == PostgresValue.OID.pgLSN, let position = value.bigEndian(UInt64.self) else {
            throw .wrongType
        }
        return PostgresLSN(position: position)
    }
}

/// One byte of a `bytea`; read `[UInt8]`.
extension UInt8: PostgresDecodable {
    /// Always `wrongType`: no column holds a single byte.
    public static func decode(_ value: PostgresValue) throws(PostgresDecodingFailure) -> UInt8 { throw .wrongType }
}

extension Array: PostgresDecodable where Element: PostgresDecodable {
    /// A `bytea` as `[UInt8]`, or a one-dimensional array.
    /// Source of the layout: PostgreSQL's `array_send` (dimensions, null flag, element type, then per dimension its
    /// length and lower bound, then each element with its length, −1 for NULL).
    public static func decode(_ value: PostgresValue) throws(PostgresDecodingFailure) -> [Element] {
        if Element.self == UInt8.self {
            guard value.type == PostgresValue.OID.bytea, let bytes = Array<UInt8>(value.bytes) as? [Element] else {
                throw .wrongType
            }
            return bytes
        }
        guard let dimensions = value.bigEndian(Int32.self), let type = value.bigEndian(UInt32.self, at: 8) else {
            throw .wrongType
        }
        if dimensions == 0 { return [] }
        guard dimensions == 1, let count = value.bigEndian(Int32.self, at: 12), count >= 0 else { throw .wrongType }
        var result: [Element] = []
        result.reserveCapacity(Int(count))
        var offset = 20
        for _ in 0..<count {
            guard let length = value.bigEndian(Int32.self, at: offset) else { throw .malformed("array is cut off") }
            offset += 4
            if length < 0 {
                guard let null = Element.null else { throw .malformed("array holds a NULL") }
                result.append(null)
                continue
            }
            guard value.bytes.count >= offset + Int(length) else { throw .malformed("array is cut off") }
            let bytes = UnsafeRawBufferPointer(rebasing: value.bytes[offset..<offset + Int(length)])
            result.append(try Element.decode(PostgresValue(type: type, bytes: bytes)))
            offset += Int(length)
        }
        return result
    }
}
