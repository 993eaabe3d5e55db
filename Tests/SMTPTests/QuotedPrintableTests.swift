import Testing

@testable import SMTP

@Suite struct QuotedPrintableTests {
    @Test(arguments: [
        ("", ""), ("a", "a\r\n"), ("a\n", "a\r\n"), ("a\r\nb\rc\nd\r\n", "a\r\nb\r\nc\r\nd\r\n"),
        ("a\n\nb", "a\r\n\r\nb\r\n"),
        ("1 = 1", "1 =3D 1\r\n"), ("é€😀", "=C3=A9=E2=82=AC=F0=9F=98=80\r\n"), ("a \nb\t\n", "a=20\r\nb=09\r\n"),
        (".\n..\n", ".\r\n..\r\n"), ("a\0b\u{7f}", "a=00b=7F\r\n"),
    ])
    func knownTexts(plain: String, encoded: String) {
        #expect(QuotedPrintable.encode(plain) == encoded)
    }

    @Test func longLinesAreBrokenAndStayTheSameText() {
        for length in 70...160 {
            for filler in ["x", "=", "é", " "] {
                let text = String(repeating: filler, count: length) + "end"
                let encoded = QuotedPrintable.encode(text)
                #expect(encoded.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 76 })
                #expect(decode(encoded) == text + "\r\n")
            }
        }
    }

    /// Written apart from the encoder, from RFC 2045 section 6.7.
    private func decode(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.replacing("=\r\n", with: "").utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "="), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
