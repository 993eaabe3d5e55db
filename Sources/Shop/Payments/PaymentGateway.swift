/// Somebody who moves money for the shop.
///
/// Every call that moves something has a key: a repeated key gets the answer of its first call, whoever was killed in
/// between. What a gateway is given and answers holds no card's number.
package protocol PaymentGateway: Sendable {
    var name: GatewayName { get }

    /// Holds the amount on what the customer pays with; nothing is taken yet.
    func authorize(_ request: AuthorizationRequest, key: String) async throws(GatewayError) -> GatewayAnswer
    /// What became of an authorisation that was pending.
    func authorization(_ reference: String) async throws(GatewayError) -> GatewayAnswer
    /// Takes `amount` of what is held, and lets go of the rest.
    func capture(_ reference: String, amount: Int64, key: String) async throws(GatewayError) -> GatewayAnswer
    /// Lets go of what is held.
    func void(_ reference: String, key: String) async throws(GatewayError) -> GatewayAnswer
    /// Gives back `amount` of what was taken.
    func refund(_ reference: String, amount: Int64, key: String) async throws(GatewayError) -> GatewayAnswer
    /// Returns when the gateway answers.
    ///
    /// - Throws: `.transient` when it does not.
    func check() async throws(GatewayError)
}

/// The gateways that the shop knows; the value of `PAYMENT_GATEWAY`.
package enum GatewayName: String, CaseIterable, Sendable {
    case test, stripe
}

/// What is to be held, in minor units, and what it is for.
package struct AuthorizationRequest: Sendable, Equatable {
    package let paymentID: String
    package let orderNumber: String
    package let token: String
    package let amount: Int64
    package let currency: String

    package init(paymentID: String, orderNumber: String, token: String, amount: Int64, currency: String) {
        self.paymentID = paymentID
        self.orderNumber = orderNumber
        self.token = token
        self.amount = amount
        self.currency = currency
    }
}

package struct GatewayAnswer: Sendable, Equatable {
    package enum Verdict: Sendable, Equatable {
        case approved
        /// In the gateway's word, such as `insufficient_funds`.
        case declined(reason: String)
        /// It is decided later; a webhook tells, or asking again does.
        case pending
    }

    package let verdict: Verdict
    /// The gateway's own name for the payment; a refusal may come without one.
    package let reference: String?

    package init(_ verdict: Verdict, reference: String?) {
        self.verdict = verdict
        self.reference = reference
    }
}

/// Why a gateway gave no answer. What it was asked may have been done all the same: ask again with the same key.
package enum GatewayError: Error, Equatable, CustomStringConvertible {
    /// Down, unreachable, overloaded, too slow: later may help.
    case transient(String)
    /// It understood and refused: later will not help.
    case permanent(String)

    package var description: String {
        switch self {
        case .transient(let reason): "the payment gateway gave no answer: \(reason)"
        case .permanent(let reason): "the payment gateway refused: \(reason)"
        }
    }
}
