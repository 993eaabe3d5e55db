import Foundation

/// An address as 128 bits; IPv4 as `::ffff:a.b.c.d`, which is what a socket for both reports (RFC 4291 §2.5.5.2).
struct IPAddress: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// - Returns: nil for anything but a numeric address.
    init?(_ text: some StringProtocol) {
        let text = String(text)
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            high = 0
            low = 0xFFFF_0000_0000 | UInt64(UInt32(bigEndian: four.s_addr))
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        (high, low) = withUnsafeBytes(of: &six) { bytes in
            (
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }

    var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// Whether the first `length` of the 128 bits are the same.
    func matches(_ other: IPAddress, bits length: Int) -> Bool {
        func differ(_ left: UInt64, _ right: UInt64, _ bits: Int) -> Bool {
            bits > 0 && (left ^ right) >> UInt64(64 - min(bits, 64)) != 0
        }
        return !differ(high, other.high, length) && !differ(low, other.low, length - 64)
    }
}
