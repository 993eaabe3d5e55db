import Postgres
import Testing

@testable import Accounts

@Suite struct AttemptLimitTests {
    /// Case makes no new account, so it may make no new budget; and one limit's attempts are not another one's.
    @Test func keysTellSubjectsApart() {
        let key = AttemptLimit.account.key("Ada@Example.com")
        #expect(key == AttemptLimit.account.key("ada@example.com"))
        #expect(key != AttemptLimit.account.key("eve@example.com"))
        #expect(key != AttemptLimit.mail.key("ada@example.com"))
    }

    @Test func whatIsTypedAsAnAddressIsNotKept() {
        let query = AttemptLimit.account.count("my password, by mistake")
        #expect(!query.bindings.contains { $0?.contains("password") == true })
    }
}

@Suite struct RecoveryCodeTests {
    @Test func codesAreTypedAsPeopleType() {
        let code = RecoveryCode.make()
        #expect(code.wholeMatch(of: /[A-Z2-7]{4}(-[A-Z2-7]{4}){3}/) != nil)
        #expect(RecoveryCode.hash(code) == RecoveryCode.hash(code.lowercased().replacing("-", with: " ")))
        #expect(RecoveryCode.hash(code) != RecoveryCode.hash(RecoveryCode.make()))
    }
}
