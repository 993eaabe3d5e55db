import Jobs

/// Asks the payment gateway something, or takes note of what it told us. In a queue of its own, so that a gateway that is
/// down holds up nothing but payments.
package struct ProcessPayment: Job, Equatable {
    package static let name = "payment.process"

    package enum Action: String, Codable, Sendable {
        /// Of the order `subject`: its payment is authorised, and the order confirmed or cancelled by the answer.
        case authorize
        /// The operation with the key `subject` (a capture, a void or a refund) is carried out.
        case settle
        /// The gateway's event `subject` is applied.
        case event
    }

    package let action: Action
    /// An order's number, an operation's key or an event's id.
    package let subject: String

    package init(action: Action, subject: String) {
        self.action = action
        self.subject = subject
    }
}
