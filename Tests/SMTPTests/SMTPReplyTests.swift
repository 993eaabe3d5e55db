import Testing

@testable import SMTP

@Suite struct SMTPReplyTests {
    @Test func theLastReplyCounts() {
        let reply = SMTPReply(lastOf: [
            "220 hello", "250-mail", "250-SIZE 1", "250 OK", "550-5.1.1 no", "550 5.1.1 such user",
        ])
        #expect(reply?.code == 550)
        #expect(reply?.enhancedCode == "5.1.1")
        #expect(reply?.text == "5.1.1 no 5.1.1 such user")
    }

    @Test func theFarewellDoesNotCount() {
        #expect(SMTPReply(lastOf: ["220 hello", "550 no", "221-see", "221 you"])?.code == 550)
        #expect(SMTPReply(lastOf: ["421 going down"])?.code == 421)
    }

    @Test func repliesWithoutWordsOrCodes() {
        #expect(SMTPReply(lastOf: ["250"])?.code == 250)
        #expect(SMTPReply(lastOf: ["451 try again"])?.enhancedCode == nil)
        #expect(SMTPReply(lastOf: []) == nil)
        #expect(SMTPReply(lastOf: ["garbage"]) == nil)
        #expect(SMTPReply(lastOf: [""]) == nil)
    }
}
