/// RFC 3986 §2.1.
enum PercentEncoding {
    /// Decodes `%XX`. A stray `%` stays as it is (people type `?q=100%`); bytes that are no UTF-8 become U+FFFD.
    ///
    /// - Parameter plusIsSpace: as HTML forms encode a query.
    static func decode(_ text: Substring, plusIsSpace: Bool) -> String {
        let encoded = text.utf8
        guard encoded.contains(where: { $0 == percent || (plusIsSpace && $0 == plus) }) else { return String(text) }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(encoded.count)
        var rest = encoded[...]
        while let byte = rest.popFirst() {
            if byte == percent, let high = rest.first?.hexDigit, let low = rest.dropFirst().first?.hexDigit {
                decoded.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                decoded.append(byte == plus && plusIsSpace ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    private static let percent = UInt8(ascii: "%")
    private static let plus = UInt8(ascii: "+")
}

extension UInt8 {
    fileprivate var hexDigit: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
