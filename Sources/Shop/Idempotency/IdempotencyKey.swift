import Crypto

/// A client's name for one thing that it wants done, so that asking again does nothing twice.
///
/// Source: IETF draft-ietf-httpapi-idempotency-key-header, where the value is a string in quotes; bare values are
/// accepted too, since most clients send those.
package struct IdempotencyKey: Hashable, Sendable, CustomStringConvertible {
    package let value: String

    /// - Returns: `nil` unless the text is 1 to 255 printable ASCII characters.
    package init?(_ text: String) {
        var text = text[...]
        if text.count >= 2, text.first == "\"", text.last == "\"" { text = text.dropFirst().dropLast() }
        guard (1...255).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return nil
        }
        value = String(text)
    }

    private init(random: String) { value = random }

    /// For a client that sent none: an unknown COMMIT can still be looked up by it.
    package static func generate() -> IdempotencyKey { IdempotencyKey(random: Random.token(bytes: 16)) }

    package var description: String { value }
}
