import Orders

/// The plain text part of a mail.
enum TextBody {
    static func render(_ wording: Wording, _ lines: OrderLines, _ order: Order, _ recipient: OrderMail.Recipient)
        -> String
    {
        let items = lines.lines.map { "  \($0.quantity) x \($0.name) (\($0.sku)) at \($0.unitPrice): \($0.total)" }
        let sums = lines.sums.map { "  \($0.label): \($0.amount)" }
        let facts = wording.facts.map { "\n\($0.label): \($0.value)" }.joined() + (wording.facts.isEmpty ? "" : "\n")
        let address = order.shippingAddress.parcelLines.map { "  " + $0 }
        return """
            Hello \(recipient.firstName),

            \(wording.paragraph)
            \(facts)
            Order \(order.number)
            \(items.joined(separator: "\n"))

            \(sums.joined(separator: "\n"))

            It goes to:
            \(address.joined(separator: "\n"))

            """
    }
}
