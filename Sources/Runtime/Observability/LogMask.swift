import Foundation

/// Keeps secrets and personal data out of log lines, whoever logs what: every field of every line goes through here.
///
/// Fields whose name says that they are secret are never written. In all texts, e-mail addresses, bearer and other
/// credentials, JSON Web Tokens, the numbers of payment cards, and passwords in URLs are masked where they stand, since
/// they also come in what others say: a mail server's refusal, an error's description. What cannot be recognised by its
/// form, such as a name or a postal address, is logged by nobody.
enum LogMask {
    static func masked(_ key: LogKey, _ value: LogValue) -> LogValue {
        guard case .string(let text) = value else { return value }
        if secretWords.contains(where: key.name.contains) { return .string(Masked.token(text)) }
        return mayHoldSecrets(text) ? .string(scrubbed(text)) : value
    }

    /// Parts of names. Ids of tokens and numbers of them are no strings, or are named otherwise.
    private static let secretWords = ["password", "secret", "authorization", "cookie", "access_token", "refresh_token"]

    /// One look at the bytes, since most lines hold nothing of the kind.
    private static func mayHoldSecrets(_ text: String) -> Bool {
        var digits = 0
        var last: UInt8 = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "@"), UInt8(ascii: "="): return true
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits += 1
                if digits >= 13 { return true }
            // `Bearer …` and `Basic …`; and cards are also written in groups.
            case UInt8(ascii: " ") where last == UInt8(ascii: "r") || last == UInt8(ascii: "c"): return true
            case UInt8(ascii: " "), UInt8(ascii: "-"): break
            case UInt8(ascii: "J") where last == UInt8(ascii: "y"): return true
            default: digits = 0
            }
            last = byte
        }
        return false
    }

    private static func scrubbed(_ text: String) -> String {
        var text = Masked.url(text)
        text.replace(credentials) { "\($0.output.1) ***" }
        text.replace(token) { _ in "eyJ***" }
        text.replace(email) { Masked.email(String($0.output)) }
        text.replace(card) { match in isCard(match.output) ? "***" : String(match.output) }
        return text
    }

    // `Regex` is not Sendable, though nothing ever changes these.
    nonisolated(unsafe) private static let credentials = /(?i)\b(bearer|basic)\s+[A-Za-z0-9+\/=._~-]{6,}/
    /// A header and a payload in base64url; both begin with `{"`.
    nonisolated(unsafe) private static let token = /eyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]+){0,4}/
    nonisolated(unsafe) private static let email = /[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}/
    nonisolated(unsafe) private static let card = /\b[2-6](?:[ -]?[0-9]){12,18}\b/

    /// By the check digit of ISO/IEC 7812-1, so that other long numbers stay what they are.
    private static func isCard(_ text: Substring) -> Bool {
        let digits = text.utf8.compactMap { (48...57).contains($0) ? Int($0 - 48) : nil }
        let sum = digits.reversed().enumerated().reduce(0) { sum, item in
            let doubled = item.offset.isMultiple(of: 2) ? item.element : item.element * 2
            return sum + (doubled > 9 ? doubled - 9 : doubled)
        }
        return sum.isMultiple(of: 10)
    }
}
