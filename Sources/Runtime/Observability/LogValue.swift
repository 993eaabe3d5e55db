/// The value of a log field. Literals and interpolations convert by themselves: `[.queue: "\(name)", .count: 3]`.
public enum LogValue: Hashable, Sendable {
    /// Text, of any length.
    case string(String)
    /// A whole number.
    case int(Int)
    /// A number; seconds where the key says so.
    case double(Double)
    /// A truth value.
    case bool(Bool)

    /// Whatever `value` calls itself. An error's `description` leaks nothing by the rule of this house; its
    /// `debugDescription`, which tells all, never goes through here.
    public static func describing(_ value: some Any) -> LogValue { .string(String(describing: value)) }

    /// A duration in seconds, to the microsecond.
    public static func seconds(_ duration: Duration) -> LogValue {
        let (seconds, attoseconds) = duration.components
        return .double((Double(seconds) * 1e6 + Double(attoseconds / 1_000_000_000_000)) / 1e6)
    }
}

extension LogValue: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .int(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}
