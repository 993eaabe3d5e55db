import Testing

@testable import Observability

@Suite struct LogMaskTests {
    private func masked(_ text: String, key: LogKey = .reason) -> String {
        guard case .string(let text) = LogMask.masked(key, .string(text)) else { return "" }
        return text
    }

    @Test(arguments: [
        ("550 no such user ann.lee@mail.example.com here", "550 no such user a***@mail.example.com here"),
        ("Authorization: Bearer abcdef123456 was sent", "Authorization: Bearer *** was sent"),
        ("basic YWRhOnNlY3JldA==", "basic ***"),
        ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2ln and more", "got eyJ*** and more"),
        ("card 4242 4242 4242 4242 declined", "card *** declined"),
        ("card 4242424242424242", "card ***"),
        ("amqp://shop:hunter2@broker:5672/v", "amqp://shop:***@broker:5672/v"),
        ("connect password=hunter2 failed", "connect password=*** failed"),
    ])
    func whatIsSecretIsMaskedWhereItStands(_ text: String, _ expected: String) {
        #expect(masked(text) == expected)
    }

    @Test(arguments: [
        "rabbit@node1 is down", "order W-261121-7K3MX9QD", "trace 4bf92f3577b34da6a3ce929d0e0e4736",
        "SQLSTATE 23505, users_email_key", "a number 4242424242424241 of other kind", "at 1795533600123 ms", "basic",
        "",
        "after 30.5 s for queue order.process", "Überweisung für München",
    ])
    func whatIsNotSecretStays(_ text: String) {
        #expect(masked(text) == text)
    }

    @Test(arguments: ["password", "smtp_password", "authorization", "refresh_token", "set_cookie"])
    func aSecretFieldIsNeverWritten(_ name: String) {
        #expect(masked("hunter2", key: LogKey(name)) == "***")
    }

    @Test func theLinesThatAreWrittenAreMasked() {
        let line = LogLine(level: .info, logger: "test", sentence: "Sentence", fields: [.error: "to ann@example.com"])
        for text in [line.json(service: nil), line.text(coloured: false)] {
            #expect(String(decoding: text, as: UTF8.self).contains("to a***@example.com"))
        }
    }

    @Test func numbersStay() {
        #expect(LogMask.masked(.count, .int(4_242_424_242_424_242)) == .int(4_242_424_242_424_242))
    }
}
