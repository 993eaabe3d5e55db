import Crypto

/// A code to write down: 80 random bits in Base32, in four groups. Only its hash is kept; with so much chance in it, a
/// plain one is enough.
enum RecoveryCode {
    static func make() -> String {
        let text = Array(Base32.encode(Random.bytes(10)))
        return stride(from: 0, to: text.count, by: 4).map { String(text[$0..<$0 + 4]) }.joined(separator: "-")
    }

    /// Case, spaces and dashes do not count: people type it from paper.
    static func hash(_ code: String) -> [UInt8] {
        SHA256.hash(code.uppercased().utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: " ") })
    }
}
