/// The secrets that sign tokens, by `kid`: the first signs, all of them verify.
///
/// To rotate, put a new key in front, restart, and drop the old one once the longest-lived token made with it is over.
package struct JWTKeys: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// Says which entry is wrong and how, never what the secret is.
    package struct ParsingError: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
    }

    let signing: (id: String, key: JOSEKey)
    let verifying: [String: JOSEKey]
    private let signingSecret: [UInt8]

    /// - Parameter text: `kid:secret[,kid:secret…]`, each secret base64url without padding and at least 32 bytes long
    ///   (RFC 7518 section 3.2: an HS256 key is no shorter than its digest).
    package init(parsing text: String) throws(ParsingError) {
        var signing: (id: String, key: JOSEKey, secret: [UInt8])?
        var verifying: [String: JOSEKey] = [:]
        for (index, entry) in text.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
            let (id, key, secret) = try Self.parse(entry, position: index + 1)
            guard verifying.updateValue(key, forKey: id) == nil else {
                throw ParsingError(description: "the key id '\(id)' occurs twice")
            }
            signing = signing ?? (id, key, secret)
        }
        guard let signing else { throw ParsingError(description: "there is no key") }
        self.signing = (signing.id, signing.key)
        signingSecret = signing.secret
        self.verifying = verifying
    }

    /// A key for something else than tokens, which tells nothing about the keys here.
    /// - Parameter purpose: names what it is for; each purpose has its own key.
    package func derivedKey(for purpose: String) -> [UInt8] { HMAC.sha256(Array(purpose.utf8), key: signingSecret) }

    /// The key ids alone.
    package var description: String { "JWTKeys(\(verifying.keys.sorted().joined(separator: ", ")))" }
    package var debugDescription: String { description }

    private static func parse(_ entry: Substring, position: Int) throws(ParsingError) -> (String, JOSEKey, [UInt8]) {
        let parts = entry.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, isKeyID(parts[0]) else {
            throw ParsingError(description: "entry \(position) is not of the form kid:base64url-secret")
        }
        guard let secret = Base64URL.decode(String(parts[1])) else {
            throw ParsingError(description: "the secret of key '\(parts[0])' is not base64url without padding")
        }
        guard secret.count >= 32 else {
            throw ParsingError(description: "the secret of key '\(parts[0])' is shorter than 32 bytes")
        }
        guard let key = JOSEKey(secret: secret) else {
            throw ParsingError(description: "libcjose refuses the secret of key '\(parts[0])'")
        }
        return (String(parts[0]), key, secret)
    }

    private static func isKeyID(_ text: Substring) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}
