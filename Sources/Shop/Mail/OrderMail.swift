import Accounts
import Catalog
package import Messages
package import Orders

/// A mail about an order, rendered: a pure function of the order, of what has happened to it, and of who gets it.
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

    /// What a mail may have to tell beside the order itself.
    package struct Particulars: Equatable, Sendable {
        package let carrier: String?
        package let trackingNumber: String?
        /// Of the refund that the mail is about, in minor units of the order's currency.
        package let refundedAmount: Int64?

        package init(carrier: String? = nil, trackingNumber: String? = nil, refundedAmount: Int64? = nil) {
            self.carrier = carrier
            self.trackingNumber = trackingNumber
            self.refundedAmount = refundedAmount
        }
    }

    package let subject: String
    package let text: String
    package let html: String

    package init(
        _ template: SendOrderMail.Template,
        order: Order,
        _ particulars: Particulars = Particulars(),
        to recipient: Recipient
    ) {
        let wording = Wording(template, order, particulars)
        let lines = OrderLines(order)
        subject = wording.subject
        text = TextBody.render(wording, lines, order, recipient)
        html = HTMLBody.render(wording, lines, order, recipient)
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
        func formatted(_ amount: Int64) -> String { order.formatted(amount) }
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

extension Order {
    /// An amount of this order, written out.
    func formatted(_ amount: Int64) -> String {
        // A code that ISO has withdrawn since still names what was paid.
        guard let currency = Currency(rawValue: currency) else { return "\(amount) \(self.currency)" }
        return Money(amount, currency).formatted
    }
}

extension Address {
    /// As it is written on a parcel.
    var parcelLines: [String] {
        [name, line1, line2, "\(postalCode) \(city)", region, country].compactMap(\.self)
    }
}
