/// A position in PostgreSQL's write-ahead log, in bytes; later positions compare greater.
///
/// Written as PostgreSQL writes it: two hexadecimal halves, `16/B374D848`.
/// Source: PostgreSQL documentation, "pg_lsn Type".
public struct PostgresLSN: Hashable, Comparable, Sendable, LosslessStringConvertible {
    /// Bytes of write-ahead log before it, since the cluster was made.
    public let position: UInt64

    /// - Parameter position: in bytes, as in ``position``.
    public init(position: UInt64) { self.position = position }

    public init?(_ description: String) {
        let halves = description.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, let high = UInt32(halves[0], radix: 16), let low = UInt32(halves[1], radix: 16) else {
            return nil
        }
        position = UInt64(high) << 32 | UInt64(low)
    }

    public var description: String {
        String(position >> 32, radix: 16, uppercase: true) + "/"
            + String(position & 0xFFFF_FFFF, radix: 16, uppercase: true)
    }

    public static func < (left: PostgresLSN, right: PostgresLSN) -> Bool { left.position < right.position }
}

extension PostgresLSN: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let position = PostgresLSN(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a position in the log")
        }
        self = position
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
