/// Base64 with the URL-safe alphabet and without padding (RFC 4648 section 5), as JOSE writes it.
package enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    private static let values: [UInt8?] = {
        var values = [UInt8?](repeating: nil, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    package static func encode(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count * 4 + 2) / 3)
        var pending: UInt32 = 0
        var pendingBits = 0
        for byte in bytes {
            pending = pending << 8 | UInt32(byte)
            pendingBits += 8
            while pendingBits >= 6 {
                pendingBits -= 6
                output.append(alphabet[Int(pending >> UInt32(pendingBits)) & 0x3f])
            }
            pending &= (1 << UInt32(pendingBits)) - 1
        }
        if pendingBits > 0 {
            output.append(alphabet[Int(pending << UInt32(6 - pendingBits)) & 0x3f])
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// The bytes, or nil for anything that `encode` would not have written: padding, foreign characters, a length that
    /// cannot occur, or stray bits at the end. One value has one spelling, so a text can serve as a key.
    package static func decode(_ text: String) -> [UInt8]? {
        var output: [UInt8] = []
        output.reserveCapacity(text.utf8.count * 3 / 4)
        var pending: UInt32 = 0
        var pendingBits = 0
        for character in text.utf8 {
            guard let value = values[Int(character)] else { return nil }
            pending = pending << 6 | UInt32(value)
            pendingBits += 6
            if pendingBits >= 8 {
                pendingBits -= 8
                output.append(UInt8(truncatingIfNeeded: pending >> UInt32(pendingBits)))
            }
            pending &= (1 << UInt32(pendingBits)) - 1
        }
        return pendingBits < 6 && pending == 0 ? output : nil
    }
}
