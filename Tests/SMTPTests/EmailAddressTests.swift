import SMTP
import Testing

@Suite struct EmailAddressTests {
    @Test(arguments: [
        "a@b.c", "first.last+tag@shop.example.com", "o'hara@example.com", "jürgen@example.com", "a@localhost",
        "x@xn--bcher-kva.example",
    ])
    func usableAddresses(address: String) {
        #expect(EmailAddress(address).isValid)
    }

    @Test(arguments: [
        "", "@", "a@", "@b", "a", "a b@c", "a@b c", "a@b\r\nRCPT TO:<x@y>", "a\0@b", "<a@b>", "a,b@c", "a@b,c@d",
        "\"a b\"@c",
        "a@b@c", "a@büro.example", "a@b>", "a@[127.0.0.1]", String(repeating: "a", count: 65) + "@b.c",
        "a@" + String(repeating: "b", count: 260),
    ])
    func othersAreRefused(address: String) {
        #expect(!EmailAddress(address).isValid)
    }
}
