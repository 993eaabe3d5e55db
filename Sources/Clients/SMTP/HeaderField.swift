/// One header of a mail: ASCII, folded to lines of at most 76 characters where it has blanks to fold at (RFC 5322
/// section 2.2.3); other text as encoded-words (RFC 2047).
enum HeaderField {
    private static let lineLimit = 76

    /// Free text, such as a subject.
    static func text(_ name: String, _ value: String) throws(SMTPError) -> String {
        try refuseControls(in: value, of: name)
        return fold(name, isPlain(value) ? words(value) : encodedWords(value, after: name.utf8.count + 2))
    }

    /// A list of mailboxes, such as `To`.
    static func addresses(_ name: String, _ addresses: [EmailAddress]) throws(SMTPError) -> String {
        var pieces: [String] = []
        for (index, address) in addresses.enumerated() {
            guard address.isValid else { throw .invalidMessage("an address in \(name) is malformed") }
            try refuseControls(in: address.name ?? "", of: name)
            let displayName = displayName(address.name ?? "", after: name.utf8.count + 2)
            pieces += displayName
            let mailbox = displayName.isEmpty ? address.address : "<\(address.address)>"
            pieces.append(" " + mailbox + (index < addresses.count - 1 ? "," : ""))
        }
        return fold(name, pieces)
    }

    /// A line end in a value would begin a header of an attacker's choice.
    private static func refuseControls(in value: String, of name: String) throws(SMTPError) {
        guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == UInt8(ascii: "\t") }) else {
            throw .invalidMessage("a control character in \(name)")
        }
    }

    /// ASCII that nothing would take for an encoded-word, in words that fit on a line of 998 (RFC 5322 section 2.1.1).
    private static func isPlain(_ value: String) -> Bool {
        value.utf8.allSatisfy { $0 < 0x80 } && !value.contains("=?") && words(value).allSatisfy { $0.utf8.count < 900 }
    }

    private static func displayName(_ name: String, after column: Int) -> [String] {
        let words = words(name)
        if words.isEmpty || words.allSatisfy({ $0.dropFirst().utf8.allSatisfy(isAtomByte) }) { return words }
        guard isPlain(name), name.utf8.count <= 60 else { return encodedWords(name, after: column) }
        let quoted = name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return [" \"\(quoted)\""]
    }

    /// `atext` of RFC 5322 section 3.2.3.
    private static func isAtomByte(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }

    /// The words of `value`, each with the blanks before it, so that unfolding gives back the same text.
    private static func words(_ value: String) -> [String] {
        var words: [String] = []
        var word = " "
        var isInWord = false
        for character in value.unicodeScalars.drop(while: isBlank) {
            if isBlank(character), isInWord {
                words.append(word)
                word = ""
            }
            isInWord = !isBlank(character)
            word.unicodeScalars.append(character)
        }
        if isInWord { words.append(word) }
        return words
    }

    private static func isBlank(_ scalar: UnicodeScalar) -> Bool { scalar == " " || scalar == "\t" }

    /// Encoded-words in the "Q" encoding, none longer than 75 characters and none with half a code point.
    /// - Parameter column: what the header's name takes of the first line.
    private static func encodedWords(_ value: String, after column: Int) -> [String] {
        let frame = (opening: "=?UTF-8?Q?", closing: "?=")
        var words: [String] = []
        var word = ""
        var room = lineLimit - column
        for scalar in value.unicodeScalars {
            let encoded = String(scalar).utf8.map(encodedByte).joined()
            let width = frame.opening.utf8.count + word.utf8.count + encoded.utf8.count + frame.closing.utf8.count
            if width > room, !word.isEmpty {
                words.append(" " + frame.opening + word + frame.closing)
                word = ""
                room = lineLimit - 1
            }
            word += encoded
        }
        words.append(" " + frame.opening + word + frame.closing)
        return words
    }

    /// The few literals that are safe in a display name too (RFC 2047 section 5).
    private static func encodedByte(_ byte: UInt8) -> String {
        if byte == UInt8(ascii: " ") { return "_" }
        if isLetterOrDigit(byte) || "!*+-/".utf8.contains(byte) { return String(UnicodeScalar(byte)) }
        return String(decoding: QuotedPrintable.escape(byte), as: UTF8.self)
    }

    /// - Parameter pieces: each begins with the blank before which a line may end.
    private static func fold(_ name: String, _ pieces: [String]) -> String {
        var lines = ""
        var line = name + ":"
        for (index, piece) in pieces.enumerated() {
            if index > 0, line.utf8.count + piece.utf8.count > lineLimit {
                lines += line + "\r\n"
                line = ""
            }
            line += piece
        }
        return lines + line + "\r\n"
    }
}
