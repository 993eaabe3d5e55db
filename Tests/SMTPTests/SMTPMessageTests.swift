import Foundation
import SMTP
import Testing

@Suite struct SMTPMessageTests {
    private func message(
        to: [EmailAddress] = [EmailAddress("ada@example.com", name: "Ada Lovelace")],
        html: String? = nil,
        messageID: String = "<order_placed.17@shop.example.com>",
        headers: [(String, String)] = []
    ) -> SMTPMessage {
        SMTPMessage(
            from: EmailAddress("shop@example.com", name: "Wharf"),
            to: to,
            subject: "Order 17",
            text: "Total: 9.99 €\n",
            html: html,
            messageID: messageID,
            date: Date(timeIntervalSince1970: 1_795_249_132),
            headers: headers
        )
    }

    @Test func plainTextIsOnePart() throws {
        let expected = """
            Date: Sat, 21 Nov 2026 08:18:52 +0000
            From: Wharf <shop@example.com>
            To: Ada Lovelace <ada@example.com>
            Subject: Order 17
            Message-ID: <order_placed.17@shop.example.com>
            X-Key: k-1
            MIME-Version: 1.0
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            Total: 9.99 =E2=82=AC

            """
        let mail = try message(headers: [("X-Key", "k-1")]).rfc5322()
        #expect(String(decoding: mail, as: UTF8.self) == expected.replacing("\n", with: "\r\n"))
    }

    @Test func htmlMakesAlternatives() throws {
        let mail = String(decoding: try message(html: "<p>Total: 9.99 €</p>").rfc5322(), as: UTF8.self)
        let expected = """
            Content-Type: multipart/alternative; boundary="=_wharf_alternative_="

            --=_wharf_alternative_=
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            Total: 9.99 =E2=82=AC

            --=_wharf_alternative_=
            Content-Type: text/html; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            <p>Total: 9.99 =E2=82=AC</p>

            --=_wharf_alternative_=--

            """
        #expect(mail.hasSuffix(expected.replacing("\n", with: "\r\n")))
    }

    @Test func aRepeatIsTheSameBytes() throws {
        #expect(try message(html: "<p>x</p>").rfc5322() == message(html: "<p>x</p>").rfc5322())
    }

    @Test func dates() throws {
        for (seconds, text) in [
            (0, "Thu, 01 Jan 1970 00:00:00 +0000"), (951_827_696, "Tue, 29 Feb 2000 12:34:56 +0000"),
            (1_893_455_999, "Mon, 31 Dec 2029 23:59:59 +0000"),
        ] {
            var message = message()
            message.date = Date(timeIntervalSince1970: Double(seconds))
            #expect(String(decoding: try message.rfc5322(), as: UTF8.self).hasPrefix("Date: \(text)\r\n"))
        }
    }

    @Test(arguments: [
        "", "id", "<id>", "id@host", "<@host>", "<id@>", "<a b@c>", "<a@b>\r\nX: y", "<a@b@c>", "<<a@b>>", "<ä@b>",
    ])
    func malformedMessageIDsAreRefused(id: String) {
        let error = #expect(throws: SMTPError.self) { try message(messageID: id).rfc5322() }
        #expect(error?.code == .invalidMessage)
        #expect(error?.isRetriable == false)
    }

    @Test(arguments: [
        ("X-A", "b\r\nBcc: x@y.z"), ("X-A: b\r\nBcc", "x@y.z"), ("Bcc", "x@y.z"), ("subject", "again"), ("", "x"),
        ("Content-Type", "text/html"), ("X A", "b"), ("X-Ä", "b"),
    ])
    func headersThatBreakTheMailAreRefused(name: String, value: String) {
        #expect(throws: SMTPError.self) { try message(headers: [(name, value)]).rfc5322() }
    }

    @Test func withoutARecipientThereIsNoMail() {
        #expect(throws: SMTPError.self) { try message(to: []).rfc5322() }
        #expect(throws: SMTPError.self) { try message(to: [EmailAddress("nobody")]).rfc5322() }
    }
}
