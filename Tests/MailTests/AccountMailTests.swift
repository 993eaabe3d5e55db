import Mail
import Messages
import Testing

@Suite struct AccountMailTests {
    @Test(arguments: [
        (SendAccountMail.Template.verifyEmail, "https://shop.example.com/verify-email#token=a_b-c"),
        (.resetPassword, "https://shop.example.com/reset-password#token=a_b-c"),
    ])
    func theLinkIsInBothParts(template: SendAccountMail.Template, link: String) {
        for base in ["https://shop.example.com", "https://shop.example.com/"] {
            let mail = AccountMail(template, firstName: "Ada", publicURL: base, token: "a_b-c")
            #expect(mail.text.contains("\n\(link)\n"))
            #expect(mail.html.contains("<a href=\"\(link)\">"))
            #expect(mail.text.contains("Hello Ada,"))
        }
    }

    @Test func namesAreNoHTML() {
        let mail = AccountMail(.verifyEmail, firstName: "<b>Ada", publicURL: "https://shop.example.com", token: "t")
        #expect(mail.html.contains("Hello &lt;b&gt;Ada,"))
    }
}
