import Testing
import Validation

@testable import Payments

@Suite struct PaymentMethodTests {
    private func method(_ token: String, at gateway: GatewayName) throws(ValidationError) -> PaymentMethod {
        try PaymentMethod(method: "card", token: token, gateway: gateway)
    }

    @Test func aTokenIsTaken() throws {
        #expect(try method("pm_1NrKx2", at: .stripe).token == "pm_1NrKx2")
        #expect(try method("tok_decline", at: .test).token == "tok_decline")
    }

    @Test(arguments: ["4242424242424242", "4242 4242 4242 4242", "5555-5555-5555-4444", "123456789012"])
    func aRealGatewayTakesNoCardNumber(_ number: String) {
        let expected = ValidationError("payment.token", "is a card number; send the gateway's token for the card")
        #expect(throws: expected) { try method(number, at: .stripe) }
    }

    @Test func theTestGatewayKnowsTheNumbersOfItsCards() throws {
        #expect(try method("4242 4242 4242 4242", at: .test).token == "tok_approve")
        #expect(try method("4000000000009995", at: .test).token == "tok_insufficient_funds")
        #expect(throws: ValidationError.self) { try method("5555555555554444", at: .test) }
    }

    @Test(arguments: ["", "tok approve", "tok_nobody", "tok-1", "tök", String(repeating: "a", count: 256)])
    func nonsenseIsNoToken(_ token: String) {
        #expect(throws: ValidationError.self) { try method(token, at: .test) }
    }

    @Test func otherMethodsAreUnknown() {
        #expect(throws: ValidationError("payment.method", "must be card")) {
            try PaymentMethod(method: "cheque", token: "pm_1", gateway: .stripe)
        }
    }

    @Test func itsDescriptionHasNoToken() throws {
        #expect(!"\(try method("pm_secret", at: .stripe))".contains("secret"))
    }
}
