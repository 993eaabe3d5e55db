package import Validation

/// What a customer pays with: a gateway's token for it. Card numbers never get as far as this, and so into no table and no
/// log; the numbers of the test gateway, which belong to nobody, become its tokens here.
package struct PaymentMethod: Sendable, Equatable, CustomStringConvertible {
    package let gateway: GatewayName
    package let token: String

    /// - Parameters:
    ///   - method: how it is paid; `card` is all there is.
    ///   - field: where in the request it stands.
    package init(
        method: String,
        token: String,
        gateway: GatewayName,
        field: String = "payment"
    ) throws(ValidationError) {
        self.gateway = gateway
        var validator = Validator()
        validator.require(method == "card", "\(field).method", "must be card")
        let digits = token.filter { $0 != " " && $0 != "-" }
        if gateway == .test, let testToken = TestCard.numbers[digits] {
            self.token = testToken.rawValue
        } else {
            let isNumber = digits.count >= 12 && digits.allSatisfy(\.isNumber)
            validator.require(!isNumber, "\(field).token", "is a card number; send the gateway's token for the card")
            validator.require(
                isNumber || Self.isToken(token),
                "\(field).token",
                "must be a token of 1 to 255 letters, digits and underscores"
            )
            if gateway == .test, Self.isToken(token), !isNumber {
                let known = TestCard.allCases.map(\.rawValue).joined(separator: ", ")
                validator.require(TestCard(rawValue: token) != nil, "\(field).token", "must be one of \(known)")
            }
            self.token = token
        }
        try validator.finish()
    }

    private static func isToken(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F
            }
    }

    package var description: String { "a card at \(gateway.rawValue)" }
}
