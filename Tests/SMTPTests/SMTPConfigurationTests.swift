import SMTP
import Testing

@Suite struct SMTPConfigurationTests {
    @Test(arguments: [
        ("smtp://localhost", SMTPConfiguration.StartTLS.opportunistic), ("smtp://localhost:1025/?starttls=off", .off),
        ("smtp://u:p@localhost", .required), ("smtp://u:p@localhost?starttls=opportunistic", .opportunistic),
        ("smtp://localhost?cacertfile=/etc/ca.pem&starttls=required", .required), ("smtps://[::1]:465", .opportunistic),
    ])
    func startTLSIsRequiredWhereAPasswordGoesOut(url: String, startTLS: SMTPConfiguration.StartTLS) throws {
        #expect(try SMTPConfiguration(url: url).startTLS == startTLS)
    }

    @Test(arguments: [
        "", "localhost", "http://localhost", "smtp://", "smtp://localhost/inbox", "smtp://localhost?starttls=maybe",
        "smtp://localhost?tls=on", "smtp://localhost?cacertfile=", "smtp://local host",
    ])
    func otherURLsAreRefused(url: String) {
        let error = #expect(throws: SMTPError.self) { try SMTPConfiguration(url: url) }
        #expect(error?.code == .badURL)
    }

    @Test func thePasswordIsNeverDescribed() throws {
        let configuration = try SMTPConfiguration(url: "smtp://user:s3cret@mail.example.com:587")
        for text in ["\(configuration)", String(reflecting: configuration), String(reflecting: [configuration])] {
            #expect(text.contains("smtp://mail.example.com:587"))
            #expect(!text.contains("s3cret"))
        }
    }
}
