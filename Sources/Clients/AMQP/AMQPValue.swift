public import Foundation

/// A value in a header table.
public enum AMQPValue: Hashable, Sendable {
    case string(String)
    case int(Int64)
    case double(Double)
    case bool(Bool)
    case bytes([UInt8])
    /// With the resolution of AMQP 0-9-1: whole seconds.
    case timestamp(Date)
    case table([String: AMQPValue])
    case array([AMQPValue])
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

    public var intValue: Int64? {
        if case .int(let number) = self { number } else { nil }
    }
}
