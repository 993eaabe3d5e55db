import Crypto
import Testing

@Suite struct DigestTests {
    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// FIPS 180-4, the empty text and "abc".
    @Test func sha256OfKnownTexts() {
        #expect(
            hex(SHA256.hash([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        )
        #expect(
            hex(SHA256.hash(Array("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
    }

    /// RFC 4231, test cases 2 and 6 (a key longer than a block).
    @Test func hmacOfKnownTexts() {
        #expect(
            hex(HMAC.sha256(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8)))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        )
        #expect(
            hex(
                HMAC.sha256(
                    Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
                    key: [UInt8](repeating: 0xaa, count: 131)
                )
            ) == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        )
    }

    @Test func hmacIsCheckedWhole() {
        let key = Random.bytes(32)
        let data = Array("order 4711".utf8)
        let code = HMAC.sha256(data, key: key)
        #expect(HMAC.isValid(code, for: data, key: key))
        #expect(!HMAC.isValid(code, for: data + [0], key: key))
        #expect(!HMAC.isValid(code, for: data, key: Random.bytes(32)))
        #expect(!HMAC.isValid(Array(code.dropLast()), for: data, key: key))
        #expect(!HMAC.isValid([], for: data, key: key))
        for index in code.indices {
            var flipped = code
            flipped[index] ^= 1
            #expect(!HMAC.isValid(flipped, for: data, key: key))
        }
    }

    @Test func emptyIsEqualToEmpty() {
        #expect(ConstantTime.isEqual([], []))
        #expect(!ConstantTime.isEqual([], [0]))
    }

    @Test func randomTokensDiffer() {
        let tokens = Set((0..<1_000).map { _ in Random.token(bytes: 16) })
        #expect(tokens.count == 1_000)
        #expect(tokens.allSatisfy { Base64URL.decode($0)?.count == 16 })
        #expect(Random.bytes(0).isEmpty)
    }
}
