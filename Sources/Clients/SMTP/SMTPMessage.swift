package import Foundation

/// A mail: text, and the same in HTML where there is some.
package struct SMTPMessage: Sendable {
    package var from: EmailAddress
    package var to: [EmailAddress]
    package var subject: String
    package var text: String
    package var html: String?
    /// `<something@domain>`. The same for each attempt to send the same mail: by it a repeat is recognised.
    package var messageID: String
    package var date: Date
    /// Further headers, as free text.
    package var headers: [(String, String)]

    package init(
        from: EmailAddress,
        to: [EmailAddress],
        subject: String,
        text: String,
        html: String? = nil,
        messageID: String,
        date: Date,
        headers: [(String, String)] = []
    ) {
        self.from = from
        self.to = to
        self.subject = subject
        self.text = text
        self.html = html
        self.messageID = messageID
        self.date = date
        self.headers = headers
    }

    /// The mail as it goes over the wire: CRLF, lines under 998 bytes, ASCII but for UTF-8 addresses. The same message
    /// gives the same bytes. Lines that begin with a dot are left alone; libcurl doubles the dot.
    ///
    /// Throws `.invalidMessage` for what would break the mail apart: control characters in a header, a malformed
    /// address, a header that this type writes itself.
    package func rfc5322() throws(SMTPError) -> [UInt8] {
        guard !to.isEmpty else { throw .invalidMessage("no recipient") }
        guard isMessageID(messageID) else { throw .invalidMessage("a malformed Message-ID") }
        var mail = "Date: \(MessageDate.format(date))\r\n"
        mail += try HeaderField.addresses("From", [from])
        mail += try HeaderField.addresses("To", to)
        mail += try HeaderField.text("Subject", subject)
        mail += "Message-ID: \(messageID)\r\n"
        for (name, value) in headers {
            guard isFreeHeader(name) else { throw .invalidMessage("a header that may not be set") }
            mail += try HeaderField.text(name, value)
        }
        mail += "MIME-Version: 1.0\r\n"
        mail += html.map { alternatives(text, $0) } ?? part(text, type: "plain")
        return Array(mail.utf8)
    }

    /// No part can contain it: in quoted-printable every "=" is followed by hexadecimal digits or the end of the line.
    private static let boundary = "=_wharf_alternative_="

    /// The plainest part first: readers show the last that they can (RFC 2046 section 5.1.4). The line end before a
    /// boundary is the boundary's, not the part's.
    private func alternatives(_ text: String, _ html: String) -> String {
        "Content-Type: multipart/alternative; boundary=\"\(Self.boundary)\"\r\n\r\n"
            + "--\(Self.boundary)\r\n" + part(text, type: "plain")
            + "\r\n--\(Self.boundary)\r\n" + part(html, type: "html")
            + "\r\n--\(Self.boundary)--\r\n"
    }

    private func part(_ text: String, type: String) -> String {
        "Content-Type: text/\(type); charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
            + QuotedPrintable.encode(text)
    }

    private func isMessageID(_ id: String) -> Bool {
        let inner = id.dropFirst().dropLast()
        let halves = inner.split(separator: "@", omittingEmptySubsequences: false)
        return id.hasPrefix("<") && id.hasSuffix(">") && id.utf8.count <= 900
            && halves.count == 2 && halves.allSatisfy { !$0.isEmpty }
            && inner.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") }
    }

    private func isFreeHeader(_ name: String) -> Bool {
        let own = ["date", "from", "sender", "to", "cc", "bcc", "subject", "message-id", "mime-version"]
        return (1...60).contains(name.utf8.count)
            && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ":") }
            && !own.contains(name.lowercased()) && !name.lowercased().hasPrefix("content-")
    }
}
