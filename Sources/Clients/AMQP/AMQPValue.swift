public import Foundation

/// A value in a header table.
public enum AMQPValue: Hashable, Sendable {
    /// Text in UTF-8.
    case string(String)
    /// Any of the integer types, widened to 64 bits.
    case int(Int64)
    /// A floating-point number.
    case double(Double)
    /// A truth value.
    case bool(Bool)
    /// Bytes of no known encoding.
    case bytes([UInt8])
    /// With the resolution of AMQP 0-9-1: whole seconds.
    case timestamp(Date)
    /// A table within the table.
    case table([String: AMQPValue])
    /// Values in order.
    case array([AMQPValue])
    /// The field is there and has no value.
    case null
}

extension AMQPValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .int(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension AMQPValue {
    /// The text of a string, or of bytes that are UTF-8.
    public var stringValue: String? {
        switch self {
        case .string(let text): text
        case .bytes(let bytes): String(validating: bytes, as: UTF8.self)
        default: nil
        }
    }

    /// The number of an integer; `nil` for every other type.
    public var intValue: Int64? {
        if case .int(let number) = self { number } else { nil }
    }
}
