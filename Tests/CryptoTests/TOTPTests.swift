import Crypto
import Foundation
import Testing

@Suite struct TOTPTests {
    private let totp = TOTP(secret: Array("12345678901234567890".utf8))

    /// RFC 6238, appendix B, the rows of SHA1.
    @Test(arguments: [
        (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"), (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
    ])
    func codesAreThoseOfTheRFC(seconds: Int, code: String) {
        let step = TOTP.step(at: Date(timeIntervalSince1970: TimeInterval(seconds)))
        #expect(totp.code(step: step, digits: 8) == code)
        #expect(totp.code(step: step) == String(code.suffix(6)))
    }

    @Test func theNeighbouringStepsAreTakenAndNoOthers() {
        let now = Date(timeIntervalSince1970: 1_234_567_890)
        let step = TOTP.step(at: now)
        for near in step - 1...step + 1 { #expect(totp.step(of: totp.code(step: near), at: now) == near) }
        for far in [step - 2, step + 2] { #expect(totp.step(of: totp.code(step: far), at: now) == nil) }
        for code in ["", "1", "1234567", "äöü", "abcdef"] { #expect(totp.step(of: code, at: now) == nil) }
    }

    /// RFC 4648 section 10, without the padding.
    @Test(arguments: [
        ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"),
        ("foobar", "MZXW6YTBOI"),
    ])
    func base32(text: String, encoded: String) {
        #expect(Base32.encode(Array(text.utf8)) == encoded)
    }

    @Test func appsReadTheURI() {
        #expect(
            totp.keyURI(issuer: "Wharf", account: "ada+1@example.com")
                == "otpauth://totp/Wharf:ada%2B1%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Wharf"
                + "&algorithm=SHA1&digits=6&period=30"
        )
    }
}
