import Accounts
import Catalog
package import Messages
package import Orders

/// A mail about an order, rendered: a pure function of the order and of who gets it.
package struct OrderMail: Equatable, Sendable {
    package struct Recipient: Equatable, Sendable {
        package let email: String
        package let firstName: String
        package let lastName: String

        package init(email: String, firstName: String, lastName: String) {
            self.email = email
            self.firstName = firstName
            self.lastName = lastName
        }
    }

    package let subject: String
    package let text: String
    package let html: String

    /// - Returns: `nil` for a template that the shop does not send yet.
    package init?(_ template: SendOrderMail.Template, order: Order, to recipient: Recipient) {
        guard let wording = Wording(template, order.number) else { return nil }
        let lines = OrderLines(order)
        subject = wording.subject
        text = TextBody.render(wording, lines, order, recipient)
        html = HTMLBody.render(wording, lines, order, recipient)
    }
}

/// What the templates say differently.
struct Wording {
    let subject: String
    let heading: String
    let paragraph: String

    init?(_ template: SendOrderMail.Template, _ number: OrderNumber) {
        switch template {
        case .orderPlaced:
            subject = "We have received your order \(number)"
            heading = "Thank you for your order"
            paragraph = "We have received your order \(number). You get another mail as soon as it is confirmed."
        case .orderConfirmed:
            subject = "Your order \(number) is confirmed"
            heading = "Your order is confirmed"
            paragraph = "Your order \(number) is confirmed, and we are getting it ready for you."
        case .orderCancelled:
            subject = "Your order \(number) is cancelled"
            heading = "Your order is cancelled"
            paragraph = "Your order \(number) is cancelled. Nothing of it will be sent to you."
        case .orderShipped, .orderDelivered, .orderRefunded, .paymentFailed:
            return nil
        }
    }
}

/// An order's lines and sums with their amounts written out.
struct OrderLines {
    struct Line {
        let name: String
        let sku: String
        let quantity: Int
        let unitPrice: String
        let total: String
    }

    let lines: [Line]
    /// Subtotal, whatever else is not zero, and the total last.
    let sums: [(label: String, amount: String)]

    init(_ order: Order) {
        func formatted(_ amount: Int64) -> String {
            // A code that ISO has withdrawn since still names what was paid.
            guard let currency = Currency(rawValue: order.currency) else { return "\(amount) \(order.currency)" }
            return Money(amount, currency).formatted
        }
        lines = order.items.map { item in
            Line(
                name: item.variantName == "Standard" ? item.productName : "\(item.productName), \(item.variantName)",
                sku: item.sku,
                quantity: item.quantity,
                unitPrice: formatted(item.unitPriceAmount),
                total: formatted(item.totalAmount)
            )
        }
        let amounts = order.amounts
        let parts = [("Shipping", amounts.shipping), ("Tax", amounts.tax), ("Discount", -amounts.discount)]
        sums =
            [("Subtotal", formatted(amounts.subtotal))]
            + parts.filter { $0.1 != 0 }.map { ($0.0, formatted($0.1)) }
            + [("Total", formatted(amounts.total))]
    }
}

extension Address {
    /// As it is written on a parcel.
    var parcelLines: [String] {
        [name, line1, line2, "\(postalCode) \(city)", region, country].compactMap(\.self)
    }
}
