/// Text as lines of ASCII of at most 76 characters (RFC 2045 section 6.7).
enum QuotedPrintable {
    /// Line ends of every kind become CRLF, and the last line has one.
    static func encode(_ text: String) -> String {
        var output = ""
        for line in lines(of: text) {
            append(line, to: &output)
            output += "\r\n"
        }
        return output
    }

    private static func append(_ line: ArraySlice<UInt8>, to output: inout String) {
        var width = 0
        for (index, byte) in zip(line.indices, line) {
            let isLast = index == line.endIndex - 1
            let piece = isLiteral(byte, isLast: isLast) ? String(UnicodeScalar(byte)) : escape(byte)
            // The 76th column is for the "=" that says: this line goes on.
            if width + piece.utf8.count > 75 {
                output += "=\r\n"
                width = 0
            }
            output += piece
            width += piece.utf8.count
        }
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
    static func escape(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return byte < 16 ? "=0" + digits : "=" + digits
    }

    private static func lines(of text: String) -> [ArraySlice<UInt8>] {
        let unified = Array(text.utf8).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .flatMap { line -> [ArraySlice<UInt8>] in
                let trimmed = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
                return trimmed.split(separator: UInt8(ascii: "\r"), omittingEmptySubsequences: false)
            }
        // A text that ends with a line end has no further, empty line behind it.
        return unified.last?.isEmpty == true ? unified.dropLast() : unified
    }
}
