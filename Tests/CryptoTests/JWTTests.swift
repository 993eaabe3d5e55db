import Crypto
import Foundation
import Testing

@Suite struct JWTTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)
    private static let oldSecret = [UInt8](repeating: 7, count: 32)
    private static let newSecret = [UInt8](repeating: 9, count: 48)
    private static let old = "old:\(Base64URL.encode(oldSecret))"
    private static let new = "new:\(Base64URL.encode(newSecret))"

    private func jwt(_ keys: String = old, issuer: String = "wharf", at date: Date = now) throws -> JWT {
        JWT(keys: try JWTKeys(parsing: keys), issuer: issuer, now: { date })
    }

    private func claims(use: JWTClaims.Use = .access, notBefore: Date? = nil) -> JWTClaims {
        JWTClaims(
            subject: "user-1",
            use: use,
            role: "customer",
            issuedAt: Self.now,
            expiresAt: Self.now.addingTimeInterval(3_600),
            notBefore: notBefore,
            extra: ["family": "f-1"]
        )
    }

    /// A token put together by hand, signed with HMAC-SHA256 whatever its header says.
    private func forged(header: String, payload: String, secret: [UInt8] = oldSecret) -> String {
        let input = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(payload.utf8))
        return input + "." + Base64URL.encode(HMAC.sha256(Array(input.utf8), key: secret))
    }

    private let goodHeader = #"{"alg":"HS256","kid":"old"}"#
    private let goodPayload = """
        {"iss":"wharf","sub":"user-1","use":"access","role":"admin","iat":1800000000,"exp":1800003600,"jti":"t-1"}
        """

    @Test func claimsSurviveTheRoundTrip() throws {
        let jwt = try jwt()
        let claims = claims(notBefore: Self.now)
        #expect(try jwt.verify(jwt.sign(claims), use: .access) == claims)
    }

    @Test func fractionsOfASecondAreCutBeforeSigning() throws {
        let cut = JWTClaims(
            subject: "s",
            use: .refresh,
            role: "r",
            issuedAt: Self.now.addingTimeInterval(0.75),
            expiresAt: Self.now.addingTimeInterval(9.5)
        )
        #expect(cut.issuedAt == Self.now)
        #expect(cut.expiresAt == Self.now.addingTimeInterval(9))
    }

    /// Ours must be what any JWT library reads: three parts, the header's members, numeric dates.
    @Test func theTokenIsAnOrdinaryJWT() throws {
        let parts = try jwt().sign(claims()).split(separator: ".").map(String.init)
        try #require(parts.count == 3)
        let header = try #require(Base64URL.decode(parts[0]))
        #expect(
            try JSONDecoder().decode([String: String].self, from: Data(header))
                == ["alg": "HS256", "kid": "old", "typ": "JWT"]
        )
        let body = try #require(Base64URL.decode(parts[1]))
        let payload = try #require(JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
        #expect(payload["exp"] as? Int == 1_800_003_600)
        #expect(payload["iss"] as? String == "wharf")
        let input = Array((parts[0] + "." + parts[1]).utf8)
        #expect(Base64URL.decode(parts[2]) == HMAC.sha256(input, key: Self.oldSecret))
    }

    @Test func handMadeTokenWithTheRightSecretIsGood() throws {
        #expect(try jwt().verify(forged(header: goodHeader, payload: goodPayload), use: .access).role == "admin")
    }

    @Test func keysRotate() throws {
        let before = try jwt().sign(claims())
        let during = try jwt("\(Self.new),\(Self.old)")
        let after = try jwt(Self.new)
        #expect(try during.verify(before, use: .access) == claims(idOf: before, during))
        #expect(try after.verify(during.sign(claims()), use: .access).subject == "user-1")
        #expect(throws: JWTError.unknownKey) { try after.verify(before, use: .access) }
    }

    private func claims(idOf token: String, _ jwt: JWT) throws -> JWTClaims {
        var claims = claims()
        claims.id = try jwt.verify(token, use: .access).id
        return claims
    }

    @Test(arguments: ["none", "None", "HS384", "HS512", "RS256", "ES256", "hs256", ""])
    func otherAlgorithmsAreRefused(algorithm: String) throws {
        let header = #"{"alg":"\#(algorithm)","kid":"old"}"#
        let token = forged(header: header, payload: goodPayload)
        #expect(throws: JWTError.self) { try jwt().verify(token, use: .access) }
        let unsigned = token.split(separator: ".").dropLast().joined(separator: ".") + "."
        #expect(throws: JWTError.self) { try jwt().verify(unsigned, use: .access) }
    }

    @Test(arguments: ["none", "RS256", "HS512"])
    func refusalNamesTheAlgorithm(algorithm: String) throws {
        let token = forged(header: #"{"alg":"\#(algorithm)","kid":"old"}"#, payload: goodPayload)
        #expect(throws: JWTError.algorithm) { try jwt().verify(token, use: .access) }
    }

    @Test(arguments: [
        (#"{"alg":"HS256"}"#, JWTError.unknownKey), (#"{"alg":"HS256","kid":"other"}"#, .unknownKey),
        (#"{"alg":"HS256","kid":7}"#, .unknownKey), (#"{"kid":"old"}"#, .malformed),
        (#"{"alg":["HS256"]}"#, .malformed),
        (#"{"alg":"HS256","kid":"old","crit":["b64"],"b64":false}"#, .malformed), ("[]", .malformed), ("", .malformed),
    ])
    func otherHeadersAreRefused(header: String, expected: JWTError) throws {
        let token = forged(header: header, payload: goodPayload)
        #expect(throws: expected) { try jwt().verify(token, use: .access) }
    }

    @Test func everyChangedByteIsNoticed() throws {
        let jwt = try jwt()
        let token = Array(try jwt.sign(claims()).utf8)
        for index in token.indices {
            var changed = token
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(throws: JWTError.self) { try jwt.verify(String(decoding: changed, as: UTF8.self), use: .access) }
        }
    }

    /// A signature of 32 bytes leaves two bits of its last character unused.
    @Test func aTokenHasOneSpelling() throws {
        let jwt = try jwt()
        let token = try jwt.sign(claims())
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let last = try #require(token.last.flatMap(alphabet.firstIndex))
        let respelt = token.dropLast() + String(alphabet[last ^ 1])
        #expect(throws: JWTError.malformed) { try jwt.verify(String(respelt), use: .access) }
    }

    @Test func everyCutTokenIsRefused() throws {
        let jwt = try jwt()
        let token = try jwt.sign(claims())
        for length in 0..<token.count {
            #expect(throws: JWTError.self) { try jwt.verify(String(token.prefix(length)), use: .access) }
        }
        for index in token.indices {
            var longer = token
            longer.insert("A", at: index)
            #expect(throws: JWTError.self) { try jwt.verify(longer, use: .access) }
            longer.replaceSubrange(index...index, with: ".")
            #expect(throws: JWTError.self) { try jwt.verify(longer, use: .access) }
        }
    }

    @Test func anotherSecretIsRefused() throws {
        let token = forged(header: goodHeader, payload: goodPayload, secret: Self.newSecret)
        #expect(throws: JWTError.signature) { try jwt().verify(token, use: .access) }
    }

    @Test func timeIsChecked() throws {
        let token = try jwt().sign(claims())
        #expect(throws: Never.self) { try jwt(at: Self.now.addingTimeInterval(3_599)).verify(token, use: .access) }
        #expect(throws: JWTError.expired) {
            try jwt(at: Self.now.addingTimeInterval(3_600)).verify(token, use: .access)
        }
        #expect(throws: Never.self) { try jwt(at: Self.now.addingTimeInterval(-30)).verify(token, use: .access) }
        #expect(throws: JWTError.notYetValid) {
            try jwt(at: Self.now.addingTimeInterval(-31)).verify(token, use: .access)
        }
        let later = try jwt().sign(claims(notBefore: Self.now.addingTimeInterval(600)))
        #expect(throws: JWTError.notYetValid) { try jwt().verify(later, use: .access) }
    }

    @Test func issuerAndUseAreChecked() throws {
        let token = try jwt().sign(claims())
        #expect(throws: JWTError.issuer) { try jwt(issuer: "another").verify(token, use: .access) }
        #expect(throws: JWTError.use) { try jwt().verify(token, use: .refresh) }
        #expect(throws: JWTError.use) { try jwt().verify(jwt().sign(claims(use: .refresh)), use: .access) }
    }

    @Test(arguments: [
        "", "null", "[]", "{}", "\u{0}", #"{"iss":"wharf"}"#,
        #"{"iss":"wharf","sub":"u","use":"admin","role":"r","iat":1800000000,"exp":1800003600,"jti":"t"}"#,
        #"{"iss":"wharf","sub":"u","use":"access","role":"r","iat":1800000000,"exp":"1800003600","jti":"t"}"#,
        #"{"iss":"wharf","sub":"u","use":"access","role":"r","iat":1800000000,"jti":"t"}"#,
        #"{"iss":"wharf","sub":"u","use":"access","role":"r","iat":1800000000,"exp":1e999,"jti":"t"}"#,
    ])
    func otherPayloadsAreRefused(payload: String) throws {
        #expect(throws: JWTError.malformed) {
            try jwt().verify(forged(header: goodHeader, payload: payload), use: .access)
        }
    }

    @Test func garbageIsRefused() throws {
        let jwt = try jwt()
        for text in ["", ".", "..", "...", "a.b.c", "a.b.c.d", "é.é.é", " ", "\0.\0.\0", "eyJ"] {
            #expect(throws: JWTError.malformed) { try jwt.verify(text, use: .access) }
        }
        for length in 1...300 {
            let text = String(decoding: Random.bytes(length), as: UTF8.self)
            #expect(throws: JWTError.self) { try jwt.verify(text, use: .access) }
        }
        let long = String(repeating: "a", count: JWT.maximumBytes + 1)
        #expect(throws: JWTError.tooLarge) { try jwt.verify(long, use: .access) }
    }

    @Test(arguments: [
        "", ",", "old", "old:", ":\(Base64URL.encode(oldSecret))", "old:\(Base64URL.encode(oldSecret)),", "old:c2hvcnQ",
        "old:\(Base64URL.encode(oldSecret))=", "\(old),\(old)", "o ld:\(Base64URL.encode(oldSecret))",
    ])
    func badKeyListsAreRefused(text: String) {
        #expect(throws: JWTKeys.ParsingError.self) { try JWTKeys(parsing: text) }
    }

    @Test func secretsAreNeverDescribed() throws {
        let keys = try JWTKeys(parsing: "\(Self.new),\(Self.old)")
        for text in ["\(keys)", String(reflecting: keys), "\(Optional(keys) as Any)"] {
            #expect(text.contains("new, old"))
            #expect(!text.contains(Base64URL.encode(Self.oldSecret)))
        }
        let error = #expect(throws: JWTKeys.ParsingError.self) { try JWTKeys(parsing: "old:c2VjcmV0IHRleHQ") }
        #expect(error?.description == "the secret of key 'old' is shorter than 32 bytes")
    }
}
