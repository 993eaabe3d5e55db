/// The cards of the test gateway, each with its fate.
package enum TestCard: String, CaseIterable, Sendable {
    case approve = "tok_approve"
    case decline = "tok_decline"
    case insufficientFunds = "tok_insufficient_funds"
    case expired = "tok_expired_card"
    /// Pending for two seconds, then approved.
    case delay = "tok_delay"
    /// The first call with a key fails as a broken connection does, after the gateway has noted it; the next is approved.
    case transient = "tok_transient"

    /// Numbers that cannot belong to a real card: they are the card industry's usual ones for tests.
    static let numbers: [String: TestCard] = [
        "4242424242424242": .approve,
        "4000000000000002": .decline,
        "4000000000009995": .insufficientFunds,
        "4000000000000069": .expired,
        "4000000000000077": .delay,
        "4000000000000119": .transient,
    ]

    /// - Parameters:
    ///   - calls: with the same key, this one included.
    ///   - age: seconds since the first of them.
    func verdict(calls: Int, age: Double) throws(GatewayError) -> GatewayAnswer.Verdict {
        switch self {
        case .approve: return .approved
        case .decline: return .declined(reason: "card_declined")
        case .insufficientFunds: return .declined(reason: "insufficient_funds")
        case .expired: return .declined(reason: "expired_card")
        case .delay: return age < 2 ? .pending : .approved
        case .transient:
            if calls == 1 { throw .transient("the test card wants it so") }
            return .approved
        }
    }
}
