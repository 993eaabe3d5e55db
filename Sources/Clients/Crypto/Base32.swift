/// Base32 without padding (RFC 4648 section 6), as authenticator apps take their secrets.
package enum Base32 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count * 8 + 4) / 5)
        var pending: UInt32 = 0
        var pendingBits = 0
        for byte in bytes {
            pending = pending << 8 | UInt32(byte)
            pendingBits += 8
            while pendingBits >= 5 {
                pendingBits -= 5
                output.append(alphabet[Int(pending >> UInt32(pendingBits)) & 0x1f])
            }
            pending &= (1 << UInt32(pendingBits)) - 1
        }
        if pendingBits > 0 { output.append(alphabet[Int(pending << UInt32(5 - pendingBits)) & 0x1f]) }
        return String(decoding: output, as: UTF8.self)
    }
}
