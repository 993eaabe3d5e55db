/// Text as lines of ASCII of at most 76 characters (RFC 2045 section 6.7).
enum QuotedPrintable {
    private static let hexadecimal = Array("0123456789ABCDEF".utf8)

    /// Line ends of every kind become CRLF, and the last line has one.
    static func encode(_ text: String) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(text.utf8.count * 5 / 4)
        var line: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\r"), rest.first == UInt8(ascii: "\n") { continue }
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                append(line, to: &output)
                line.removeAll(keepingCapacity: true)
            } else {
                line.append(byte)
            }
        }
        if !line.isEmpty { append(line, to: &output) }
        return String(decoding: output, as: UTF8.self)
    }

    private static func append(_ line: [UInt8], to output: inout [UInt8]) {
        var width = 0
        for (index, byte) in line.enumerated() {
            let isLiteral = isLiteral(byte, isLast: index == line.count - 1)
            // The 76th column is for the "=" that says: this line goes on.
            if width + (isLiteral ? 1 : 3) > 75 {
                output += "=\r\n".utf8
                width = 0
            }
            if isLiteral { output.append(byte) } else { output += escape(byte) }
            width += isLiteral ? 1 : 3
        }
        output += "\r\n".utf8
    }

    /// A blank at a line's end would be lost on the way.
    private static func isLiteral(_ byte: UInt8, isLast: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "="): false
        case UInt8(ascii: " "), UInt8(ascii: "\t"): !isLast
        default: (0x21...0x7e).contains(byte)
        }
    }

    /// `=` and two hexadecimal digits, as encoded-words (RFC 2047) have it too.
    static func escape(_ byte: UInt8) -> [UInt8] {
        [UInt8(ascii: "="), hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
    }
}
