import Crypto
package import Postgres

/// The primary's log position as a client carries it from a write to its next reads.
///
/// Signed: a made-up position far ahead would send every read of that client to the primary.
package struct PositionTokens: Sendable {
    static let header = "X-Wharf-LSN"
    static let cookie = "wharf_lsn"

    private let key: [UInt8]

    /// - Parameter key: the same on every API process. Changing it costs clients one read that may be older.
    package init(key: [UInt8]) { self.key = key }

    package func token(_ lsn: PostgresLSN) -> String {
        let position = String(lsn.position, radix: 16)
        return "\(position).\(Base64URL.encode(code(position)))"
    }

    package func lsn(_ token: String) -> PostgresLSN? {
        let parts = token.split(separator: ".")
        guard parts.count == 2, let position = UInt64(parts[0], radix: 16),
            let code = Base64URL.decode(String(parts[1])),
            ConstantTime.isEqual(code, self.code(String(parts[0])))
        else { return nil }
        return PostgresLSN(position: position)
    }

    /// 128 bits are enough against guessing, and keep the cookie short.
    private func code(_ position: String) -> [UInt8] {
        Array(HMAC.sha256(Array(position.utf8), key: key).prefix(16))
    }
}
