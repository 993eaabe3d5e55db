import Testing
import Validation

@testable import Accounts

@Suite struct RegistrationTests {
    private func register(
        email: String = "ada@example.org",
        password: String = "correct horse",
        firstName: String = "Ada",
        lastName: String = "Lovelace"
    ) throws(ValidationError) -> Registration {
        try Registration(email: email, password: password, firstName: firstName, lastName: lastName)
    }

    private func refusedFields(_ make: () throws(ValidationError) -> Registration) -> [String] {
        do throws(ValidationError) {
            _ = try make()
            return []
        } catch {
            return error.fields.map(\.field)
        }
    }

    @Test func trimsWhatPeopleType() throws {
        let registration = try register(email: " Ada@Example.org ", firstName: " Ada ")
        #expect(registration.email == "Ada@Example.org")
        #expect(registration.firstName == "Ada")
    }

    @Test func namesEveryWrongFieldAtOnce() {
        let fields = refusedFields { () throws(ValidationError) in
            try register(email: "nobody", password: "short", firstName: "", lastName: "a\u{0}b")
        }
        #expect(fields == ["email", "password", "first_name", "last_name"])
    }

    @Test(arguments: [
        "a@b.co", "first.last+tag@sub.example.com", "x!#$%&'*+/=?^_`{|}~-@example.org",
    ])
    func takesAddresses(_ email: String) {
        #expect(refusedFields { () throws(ValidationError) in try register(email: email) }.isEmpty)
    }

    @Test(arguments: [
        "", "a", "a@b", "a@@b.co", ".a@b.co", "a.@b.co", "a..b@c.de", "a b@c.de", "a@-b.co", "a@b-.co", "a@.co",
        "a@b.co\r\nBcc: x@y.zz", "a\u{0}@b.co", "\(String(repeating: "x", count: 65))@b.co",
    ])
    func refusesWhatIsNoAddress(_ email: String) {
        #expect(refusedFields { () throws(ValidationError) in try register(email: email) }.first == "email")
    }

    @Test(arguments: [(9, false), (10, true), (128, true), (129, false)])
    func countsThePassword(_ length: Int, _ isTaken: Bool) {
        let password = String(repeating: "é", count: length)
        let fields = refusedFields { () throws(ValidationError) in try register(password: password) }
        #expect(fields.isEmpty == isTaken)
    }
}
