import Foundation
import Testing

@testable import SMTP

@Suite struct HeaderFieldTests {
    @Test(arguments: [
        ("Your order 2026-000017", "Subject: Your order 2026-000017\r\n"), ("", "Subject:\r\n"),
        ("  a  b ", "Subject: a  b\r\n"),
        ("Für Sie", "Subject: =?UTF-8?Q?F=C3=BCr_Sie?=\r\n"),
        ("=?UTF-8?Q?x?=", "Subject: =?UTF-8?Q?=3D=3FUTF-8=3FQ=3Fx=3F=3D?=\r\n"),
    ])
    func shortTexts(value: String, header: String) throws {
        #expect(try HeaderField.text("Subject", value) == header)
    }

    @Test func longTextsAreFoldedAtBlanks() throws {
        let value = (1...60).map { "word\($0)" }.joined(separator: " ")
        let header = try HeaderField.text("Subject", value)
        let lines = header.split(separator: "\r\n")
        #expect(lines.count > 4)
        #expect(lines.allSatisfy { $0.utf8.count <= 76 })
        #expect(lines.dropFirst().allSatisfy { $0.hasPrefix(" ") })
        #expect(header.replacing("\r\n", with: "") == "Subject: " + value)
    }

    @Test(arguments: ["é", "日本語", "😀", "a é "])
    func encodedWordsAreShortAndHoldWholeCharacters(unit: String) throws {
        let header = try HeaderField.text("Subject", String(repeating: unit, count: 60))
        let lines = header.split(separator: "\r\n")
        #expect(lines.count > 1)
        #expect(lines.allSatisfy { $0.utf8.count <= 76 })
        for word in header.split(separator: " ").dropFirst() {
            let payload = word.replacing("\r\n", with: "").dropFirst("=?UTF-8?Q?".count).dropLast(2)
            let bytes = payload.replacing("_", with: " ").replacing("=", with: "%")
            // Nil when the percent-encoding is no UTF-8 by itself.
            #expect(String(bytes).removingPercentEncoding != nil)
        }
    }

    @Test func aWordTooLongForALineIsEncoded() throws {
        let header = try HeaderField.text("Subject", String(repeating: "x", count: 2_000))
        #expect(header.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 76 })
    }

    @Test(arguments: [
        (nil, "To: a@b.c\r\n"), (" ", "To: a@b.c\r\n"), ("Ada Lovelace", "To: Ada Lovelace <a@b.c>\r\n"),
        ("Lovelace, Ada", "To: \"Lovelace, Ada\" <a@b.c>\r\n"),
        (#"A "B" \ C"#, #"To: "A \"B\" \\ C" <a@b.c>"# + "\r\n"),
        ("Zoë", "To: =?UTF-8?Q?Zo=C3=AB?= <a@b.c>\r\n"), ("x@y.z", "To: \"x@y.z\" <a@b.c>\r\n"),
    ])
    func names(name: String?, header: String) throws {
        #expect(try HeaderField.addresses("To", [EmailAddress("a@b.c", name: name)]) == header)
    }

    @Test func manyAddressesAreFolded() throws {
        let addresses = (1...40).map { EmailAddress("user\($0)@example.com", name: "User \($0)") }
        let header = try HeaderField.addresses("To", addresses)
        #expect(header.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 76 })
        let list = header.replacing("\r\n", with: "").dropFirst("To: ".count).split(separator: ", ")
        #expect(list.map(String.init) == addresses.map { "\($0.name ?? "") <\($0.address)>" })
    }

    @Test(arguments: ["a\r\nBcc: x@y.z", "a\nb", "a\rb", "a\0b", "a\u{1b}[2J"])
    func injectionIsRefused(value: String) {
        #expect(throws: SMTPError.self) { try HeaderField.text("Subject", value) }
        #expect(throws: SMTPError.self) { try HeaderField.addresses("To", [EmailAddress("a@b.c", name: value)]) }
        #expect(throws: SMTPError.self) { try HeaderField.addresses("To", [EmailAddress("a\(value)@b.c")]) }
    }
}
