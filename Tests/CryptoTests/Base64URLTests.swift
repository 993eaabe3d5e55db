import Crypto
import Testing

@Suite struct Base64URLTests {
    /// RFC 4648 section 10, without padding, and the two characters that differ from plain base64.
    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
        ("foobar", "Zm9vYmFy"), ("~~~???", "fn5-Pz8_"),
    ])
    func knownVectors(plain: String, encoded: String) {
        #expect(Base64URL.encode(Array(plain.utf8)) == encoded)
        #expect(Base64URL.decode(encoded) == Array(plain.utf8))
    }

    @Test func everyLengthSurvivesTheRoundTrip() {
        for length in 0...100 {
            let bytes = Random.bytes(length)
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        }
    }

    @Test(arguments: ["Zg==", "Zm+v", "Zm/v", "Zm9v\n", "Z", "Zm9vY", "Zh", "Zm9", "Zé"])
    func otherSpellingsAreRefused(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }
}
