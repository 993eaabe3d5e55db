import Messages
import Orders

/// What the templates say differently.
struct Wording {
    let subject: String
    let heading: String
    let paragraph: String
    /// What stands out below the paragraph: label and value.
    let facts: [(label: String, value: String)]

    init(_ template: SendOrderMail.Template, _ order: Order, _ particulars: OrderMail.Particulars) {
        let number = order.number
        switch template {
        case .orderPlaced:
            subject = "We have received your order \(number)"
            heading = "Thank you for your order"
            paragraph = "We have received your order \(number). You get another mail as soon as it is confirmed."
            facts = []
        case .orderConfirmed:
            subject = "Your order \(number) is confirmed"
            heading = "Your order is confirmed"
            paragraph = "Your order \(number) is confirmed, and we are getting it ready for you."
            facts = []
        case .orderShipped:
            subject = "Your order \(number) is on its way"
            heading = "Your order is on its way"
            paragraph = "Your order \(number) has left us."
            facts = [("Carrier", particulars.carrier), ("Tracking number", particulars.trackingNumber)].compactMap {
                label,
                value in value.map { (label, $0) }
            }
        case .orderDelivered:
            subject = "Your order \(number) has been delivered"
            heading = "Your order has been delivered"
            paragraph = "Your order \(number) has been delivered. We hope that you like it."
            facts = []
        case .orderCancelled:
            subject = "Your order \(number) is cancelled"
            heading = "Your order is cancelled"
            paragraph = "Your order \(number) is cancelled. Nothing of it will be sent to you."
            facts = []
        case .orderRefunded:
            subject = "We have refunded your order \(number)"
            heading = "Your money is on its way back"
            paragraph =
                "We have refunded your order \(number). "
                + "Depending on your bank, it takes some days until you see the money."
            facts = particulars.refundedAmount.map { [("Refunded", order.formatted($0))] } ?? []
        case .paymentFailed:
            subject = "The payment of your order \(number) failed"
            heading = "Your payment failed"
            paragraph =
                "The payment of your order \(number) was declined, so the order is cancelled and nothing was charged. "
                + "You are welcome to order again with another means of payment."
            facts = []
        }
    }
}
