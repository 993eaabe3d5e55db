import Testing

@testable import Accounts

@Suite struct AuditedBodyTests {
    private func text(_ body: String) -> String? { AuditedBody.text(of: Array(body.utf8)) }

    @Test func secretsAreMaskedAtEveryDepth() {
        #expect(
            text(
                #"{"name":"Mug","newPassword":"horse","payment":{"card_number":4242,"note":"x"},"items":[{"otp":"1"}]}"#
            )
                == #"{"items":[{"otp":"***"}],"name":"Mug","newPassword":"***","payment":{"card_number":"***","note":"x"}}"#
        )
    }

    @Test func whatIsNoJSONLeavesNothing() {
        #expect(text("") == nil)
        #expect(text("{") == nil)
    }

    @Test func ofALongBodyTheFieldsAreKept() {
        let long = String(repeating: "x", count: AuditedBody.limit)
        #expect(
            text(#"{"b":"\#(long)","a":1}"#)
                == #"{"bytes":\#(long.utf8.count + 14),"fields":["a","b"],"truncated":true}"#
        )
    }

    /// PostgreSQL's jsonb has no place for it, and the change must not fail for its entry.
    @Test func aNULIsLeftOut() {
        #expect(text(#"{"a":"x\u0000y"}"#) == #"{"a":"xy"}"#)
        #expect(text(#"{"a\u0000\u0301":{"\u0000":1}}"#) == "{\"a\u{301}\":{\"\":1}}")
        #expect(text(#"{"pass\u0000word":"x"}"#)?.contains("x") == false)
    }
}
